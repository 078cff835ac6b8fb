/* err.h - every error that a client can meet, once.
 *
 * The table makes the enum, the codes of both dialects, the sentences, and the documentation.
 * A released code never changes, nor does a released name: add at the end of its range. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>
#include <stdint.h>

/* ERR(name, HTTP status in /api, status_code in /douyin, English, Chinese)
 * 1xxxx: the caller's fault; 4xxxx: parameters and limits; 5xxxx: ours. */
#define ERR_TABLE(ERR)                                                                             \
	ERR(OK, 200, 0, "success", "成功")                                                          \
	ERR(NAME_TAKEN, 400, 10001, "this user name is taken: choose another one",                  \
	    "用户名已被占用，请换一个")                                                              \
	ERR(LOGIN, 400, 10003, "user name or password is wrong", "用户名或密码错误")                 \
	ERR(TOKEN, 401, 10004, "please log in: the token is missing, expired or not valid",         \
	    "请先登录：令牌缺失、已过期或无效")                                                      \
	ERR(NOT_VIDEO, 400, 10007, "this file is no video: send MP4, MOV, WebM, MKV or AVI",         \
	    "该文件不是视频：请上传 MP4、MOV、WebM、MKV 或 AVI")                                     \
	ERR(ALREADY, 400, 10008, "this was done already", "已经执行过该操作")                        \
	ERR(NOT_YET, 400, 10009, "there is nothing to undo", "没有可撤销的操作")                     \
	ERR(USER_UNKNOWN, 400, 10013, "there is no such user", "用户不存在")                         \
	ERR(FILE_TOO_LARGE, 413, 10014, "the file is too large", "文件过大")                         \
	ERR(VIDEO_UNKNOWN, 400, 10015, "there is no such video", "视频不存在")                       \
	ERR(COMMENT_UNKNOWN, 400, 10016, "there is no such comment on this video",                   \
	    "该视频下没有这条评论")                                                                  \
	ERR(NOT_OWNER, 400, 10017, "this belongs to somebody else", "无权操作他人的内容")            \
	ERR(SELF_FOLLOW, 400, 10018, "one cannot follow oneself", "不能关注自己")                    \
	ERR(SELF_MESSAGE, 400, 10019, "one cannot send messages to oneself", "不能给自己发消息")     \
	ERR(ACCOUNT_DISABLED, 403, 10020, "this account is disabled", "该账号已被停用")              \
	ERR(QUOTA, 400, 10021, "your storage is full: delete a video first",                         \
	    "存储空间已满，请先删除一些视频")                                                        \
	ERR(UPLOAD_UNKNOWN, 404, 10022, "there is no such upload, or it has expired: begin anew",    \
	    "上传任务不存在或已过期，请重新开始")                                                    \
	ERR(UPLOAD_OFFSET, 409, 10023, "the upload continues at another offset: ask with HEAD",      \
	    "上传偏移量不符，请先用 HEAD 查询")                                                      \
	ERR(UPLOAD_CHECKSUM, 460, 10024, "the bytes do not have the checksum that was told",         \
	    "数据与校验和不符")                                                                      \
	ERR(UPLOAD_BUSY, 423, 10025, "another request is writing this upload: try again soon",       \
	    "该上传正被另一请求写入，请稍后再试")                                                    \
	ERR(UPLOAD_VERSION, 412, 10026, "Tus-Resumable must be 1.0.0", "Tus-Resumable 必须为 1.0.0") \
	ERR(UPLOAD_TYPE, 415, 10027, "Content-Type must be application/offset+octet-stream",         \
	    "Content-Type 必须为 application/offset+octet-stream")                                   \
	ERR(NOT_IMAGE, 400, 10030, "this file is no image: send JPEG, PNG or WebP",                 \
	    "该文件不是图片：请上传 JPEG、PNG 或 WebP")                                              \
	ERR(IMAGE_TOO_LARGE, 413, 10031, "the image is too large: send a smaller one",              \
	    "图片过大，请换一张小一些的")                                                            \
	ERR(COVER_TIME, 400, 10032, "time_ms is beyond the end of the video",                       \
	    "time_ms 超出视频时长")                                                                  \
	ERR(NOT_READY, 400, 10033, "the video is still being processed: try again soon",            \
	    "视频仍在处理中，请稍后再试")                                                            \
	ERR(PASSWORD, 400, 10050, "the password is wrong", "密码错误")                         \
	ERR(LIVE_UNKNOWN, 400, 10051, "there is no such live room", "直播间不存在")                  \
	ERR(LIVE_ON, 400, 10052, "this room is live already", "该直播间已在直播")                    \
	ERR(LIVE_OFF, 400, 10053, "this room is not live now", "该直播间当前未在直播")               \
	ERR(DANMU_UNKNOWN, 400, 10054, "there is no such danmaku in this room", "该直播间没有这条弹幕") \
	ERR(MESSAGE_UNKNOWN, 400, 10060, "there is no such message among yours", "没有这条消息")      \
	ERR(NOTIFICATION_UNKNOWN, 400, 10061, "you have no such notification", "没有这条通知")       \
	ERR(TAG_UNKNOWN, 400, 10070, "no video has this tag", "没有视频使用该话题")                      \
	ERR(NAME_WORDS, 400, 10071, "this name contains words that are not allowed here",            \
	    "名称中含有不允许使用的词语")                                                            \
	ERR(SELF_DISMISS, 400, 10075, "one cannot dismiss oneself or one's own videos",              \
	    "不能屏蔽自己或自己的作品")                                                              \
	ERR(REQUEST_UNKNOWN, 400, 10080, "he has not asked to follow you", "对方没有申请关注你")      \
	ERR(SELF_BLOCK, 400, 10081, "one cannot block or mute oneself", "不能拉黑或屏蔽自己")        \
	ERR(BLOCKS_FULL, 400, 10082, "you block or mute too many users: release some first",         \
	    "拉黑或屏蔽的用户过多，请先移除一些")                                                    \
	ERR(SELF_REPORT, 400, 10083, "this is yours", "这是你自己的内容")                            \
	ERR(FORBIDDEN, 403, 10084, "you may not do this", "没有权限")                                \
	ERR(SUSPENDED, 403, 10085, "this account is suspended", "该账号已被封禁")                    \
	ERR(COMMENTS_OFF, 400, 10086, "this video takes no comments from you", "该视频未对你开放评论") \
	ERR(COMMENT_WORDS, 400, 10087, "the author of this video does not allow these words",       \
	    "评论包含作者屏蔽的词语")                                                                \
	ERR(EXPORT_UNKNOWN, 400, 10088, "there is no export: ask for one", "没有导出任务，请先申请") \
	ERR(SESSION_UNKNOWN, 400, 10089, "you have no such session, or it has ended",               \
	    "没有这个登录会话，或它已结束")                                                          \
	ERR(LEAVING, 400, 10110,                                                                     \
	    "this account is being deleted, and only its owner can bring it back, by logging in: suspend " \
	    "him to prevent that",                                                                   \
	    "该账号正在注销，只有本人登录才能恢复；如需阻止，请封禁该用户")                          \
	ERR(SELF_ACT, 400, 10111,                                                                    \
	    "this is yours: another moderator has to act on it, or the admin command",               \
	    "这是你自己的内容：须由其他管理员或管理命令处理")                                        \
	ERR(PARAM, 400, 40002, "a parameter is wrong", "参数错误")                                   \
	ERR(TOO_LARGE, 413, 40003, "the request is too large", "请求过大")                           \
	ERR(TOO_FAST, 429, 40004, "too many requests: wait a moment", "操作过于频繁，请稍后再试")    \
	ERR(FROZEN, 429, 40005, "too many failed logins", "登录失败次数过多")                        \
	ERR(NOT_FOUND, 404, 40006, "there is nothing at this address", "没有这个地址")               \
	ERR(METHOD, 405, 40007, "this address does not take this method", "该地址不支持此请求方法")  \
	ERR(BODY, 400, 40008, "the request body cannot be read", "无法解析请求体")                   \
	ERR(INTERNAL, 500, 50001, "an error on our side: please try again", "服务器内部错误，请重试") \
	ERR(DB, 500, 50002, "the database answered with an error: please try again",                 \
	    "数据库错误，请重试")                                                                    \
	ERR(UNAVAILABLE, 503, 50003, "the service is not available now: please try again soon",      \
	    "服务暂不可用，请稍后再试")                                                              \
	ERR(UNSURE, 500, 50004,                                                                      \
	    "the connection broke while saving: look whether it was saved, then repeat",             \
	    "保存时连接中断：请先确认是否已保存，再重试")                                            \
	ERR(DISK, 500, 50005, "the file could not be stored: please try again later",                \
	    "文件无法保存，请稍后再试")                                                              \
	/* Never leave the library: callers of lib/store turn them into one of the above. */         \
	ERR(DUPLICATE, 500, 50090, "a row with this key exists", "键值重复")                         \
	ERR(NO_ROW, 500, 50091, "no such row", "没有这一行")

enum err {
#define ERR(name, http, code, en, zh) E_##name,
	ERR_TABLE(ERR)
#undef ERR
	    E_COUNT
};

/* What is wrong with a parameter: goes with E_PARAM (and E_FROZEN, E_TOO_FAST for WAIT).
 * WHY(name, English, Chinese): %s is the parameter, %lld the limit. */
#define WHY_TABLE(WHY)                                                                             \
	WHY(NONE, "", "")                                                                           \
	WHY(MISSING, "%s is missing", "缺少参数 %s")                                                 \
	WHY(NOT_INT, "%s must be a whole number", "%s 必须是整数")                                   \
	WHY(TOO_SMALL, "%s must be at least %lld", "%s 不能小于 %lld")                               \
	WHY(TOO_BIG, "%s must be at most %lld", "%s 不能大于 %lld")                                  \
	WHY(TOO_LONG, "%s must have at most %lld characters", "%s 不能超过 %lld 个字符")             \
	WHY(TOO_SHORT, "%s must have at least %lld characters", "%s 不能少于 %lld 个字符")           \
	WHY(NOT_TEXT, "%s must be a text", "%s 必须是文本")                                          \
	WHY(NOT_UTF8, "%s is not valid UTF-8 text", "%s 不是有效的 UTF-8 文本")                      \
	WHY(CONTROL, "%s must not contain control characters", "%s 不能包含控制字符")                \
	WHY(BLANK, "%s must not be blank", "%s 不能为空白")                                          \
	WHY(NOT_FILE, "%s must be a file in multipart/form-data", "%s 必须是 multipart/form-data 中的文件") \
	WHY(EMPTY_FILE, "%s is an empty file", "%s 是空文件")                                        \
	WHY(BOUNDARY, "%s: the multipart body is damaged or cut short", "%s：multipart 请求体损坏或不完整") \
	WHY(JSON, "%s is not a JSON object that can be read", "%s 不是可解析的 JSON 对象")           \
	WHY(TOO_MANY, "%s: at most %lld parameters are taken", "%s：参数不能超过 %lld 个")           \
	WHY(WAIT, "%s: try again in %lld seconds", "%s：请在 %lld 秒后重试")                         \
	WHY(SORT, "%s must be new or hot", "%s 只能是 new 或 hot")                                   \
	WHY(NOTIFICATION, "%s must be follow, request, like, comment, reply, mention or message",    \
	    "%s 只能是 follow、request、like、comment、reply、mention 或 message")                   \
	WHY(CURSOR, "%s is not a cursor that this list gave out", "%s 不是该列表给出的游标")        \
	WHY(NOT_BOOL, "%s must be true or false", "%s 必须是 true 或 false")                         \
	WHY(NOT_IDS, "%s must be a JSON array of ids, or ids with commas between",                  \
	    "%s 必须是 id 的 JSON 数组，或以逗号分隔的 id")                                          \
	WHY(NOT_LIST, "%s must be a JSON array of objects", "%s 必须是 JSON 对象数组")               \
	WHY(TOO_MANY_OF, "%s must have at most %lld entries", "%s 不能超过 %lld 项")                 \
	WHY(NOT_TEXTS, "%s must be a JSON array of texts", "%s 必须是文本的 JSON 数组")              \
	WHY(NOT_URL, "%s must be an http or https address", "%s 必须是 http 或 https 地址")          \
	WHY(NOT_RTMP, "%s must be an rtmp or rtmps address", "%s 必须是 rtmp 或 rtmps 地址")         \
	WHY(NOT_COLOR, "%s must be a colour as #RRGGBB", "%s 必须是 #RRGGBB 形式的颜色")             \
	WHY(TOO_DEEP, "%s: pages reach %lld rows, go on with cursor",                               \
	    "%s：分页最多到第 %lld 行，请改用 cursor") \
	WHY(KIND, "%s must be video, user or tag", "%s 只能是 video、user 或 tag") \
	WHY(REPORT_KIND, "%s must be video, comment, user or message",                               \
	    "%s 只能是 video、comment、user 或 message")                                             \
	WHY(REASON, "%s must be spam, violence, sex, hate, fraud, minor, copyright or other",        \
	    "%s 只能是 spam、violence、sex、hate、fraud、minor、copyright 或 other")                 \
	WHY(ACT, "%s must be hide or restore (a video, a comment, a message; restore: a user), warn, suspend "  \
	    "or dismiss",                                                                           \
	    "%s 只能是 hide、restore（视频、评论、私信；用户仅 restore）、warn、suspend 或 dismiss") \
	WHY(NAME, "%s must not have characters that cannot be seen", "%s 不能有不可见的字符")        \
	WHY(NOT_WARNED, "%s: who is suspended is told why, and no warning: suspend him anew, or dismiss", \
	    "%s：该用户已被封禁，只会看到封禁原因，看不到警告：请重新封禁或驳回")                    \
	WHY(SAYS, "%s", "%s")                                                                        \
	WHY(COMMENTS, "%s must be account, all, followers or off",                                   \
	    "%s 只能是 account、all、followers 或 off")                                              \
	WHY(FORMAT, "%s must be json", "%s 只能是 json")                                             \
	WHY(BODY_TYPE, "%s: send application/json, application/x-www-form-urlencoded or multipart/form-data, "  \
	    "and say so in Content-Type",                                                           \
	    "%s：请发送 application/json、application/x-www-form-urlencoded 或 multipart/form-data，并在 " \
	    "Content-Type 中注明")

enum why {
#define WHY(name, en, zh) WHY_##name,
	WHY_TABLE(WHY)
#undef WHY
};

enum lang { LANG_EN, LANG_ZH, LANG_COUNT };

/* Functions that return enum err must be checked. */
#define CHECKED __attribute__((warn_unused_result))

/* What exactly is wrong, beside the enum err that a function returns; lives in struct call. */
struct problem {
	const char *param; /* static or of the request's arena; NULL: no detail */
	enum why why;
	int64_t limit;
};

const char *err_name(enum err e);       /* "E_PARAM" */
#define ERR_WORD 40                     /* bytes that hold any of them */
void err_word(char out[ERR_WORD], enum err e); /* "param": what a client of /api compares */
int err_http(enum err e);               /* HTTP status in /api */
int err_code(enum err e);               /* status_code in /douyin */
const char *err_text(enum err e, enum lang lang);

/* The whole sentence for the client at out (size bytes, cut at the end if need be); p may be NULL
 * or empty. */
void err_sentence(char *out, size_t size, enum err e, const struct problem *p, enum lang lang);

#endif
