/* media.h - what we ask of a stranger's video file, answered from inside a cell.
 *
 * Everything here that touches libav runs in a child process which has the file's descriptor, an
 * output descriptor and a pipe, and nothing else: rlimits, no_new_privs, landlock and seccomp
 * where the kernel has them, no network, no exec, listed demuxers and decoders only, a deadline.
 * A crash, a hang or a kill of the child is a result like any other. */
#ifndef MEDIA_MEDIA_H
#define MEDIA_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why a file is refused.  REFUSE(name, code that the owner sees, English, Chinese) */
#define REFUSE_TABLE(REFUSE)                                                                       \
	REFUSE(NONE, "", "", "")                                                                    \
	REFUSE(UNREADABLE, "unreadable", "The file is damaged or of a kind that cannot be read.",    \
	    "文件已损坏或格式无法识别。")                                                            \
	REFUSE(DAMAGED, "damaged", "The file is damaged: the picture cannot be decoded.",            \
	    "文件已损坏：无法解码出画面。")                                                          \
	REFUSE(TRUNCATED, "truncated", "The file is cut short: a part of the video is missing.",     \
	    "文件不完整：缺少部分视频内容。")                                                        \
	REFUSE(ENCRYPTED, "encrypted", "The video is encrypted (copy protection).",                  \
	    "视频已加密（版权保护）。")                                                              \
	REFUSE(NO_VIDEO, "no_video", "There is no picture in the file.", "文件中没有视频画面。")     \
	REFUSE(CODEC, "codec", "The video's coding is not supported.", "不支持该视频编码。")         \
	REFUSE(TOO_SMALL, "too_small", "The picture is smaller than 16 pixels.",                     \
	    "画面过小（小于 16 像素）。")                                                            \
	REFUSE(TOO_LARGE, "too_large", "The picture is larger than 8192 pixels or 36 megapixels.",   \
	    "画面过大（超过 8192 像素或 3600 万像素）。")                                            \
	REFUSE(TOO_SHORT, "too_short", "The video is shorter than a tenth of a second.",             \
	    "视频过短（不足 0.1 秒）。")                                                             \
	REFUSE(TOO_LONG, "too_long", "The video is longer than one hour.", "视频过长（超过一小时）。") \
	REFUSE(TOO_COMPLEX, "too_complex", "The video took too much time or memory to read.",        \
	    "处理该视频所需的时间或内存过多。")

enum refuse {
#define REFUSE(name, code, en, zh) REFUSE_##name,
	REFUSE_TABLE(REFUSE)
#undef REFUSE
	    REFUSE_COUNT
};

const char *refuse_code(enum refuse r);
const char *refuse_text(enum refuse r, bool chinese);
enum refuse refuse_by_code(const char *code); /* REFUSE_NONE where there is none */

struct media_limits {
	int64_t memory_bytes; /* addresses that the cell may take beside those it begins with */
	int cpu_s, wall_s;
	int64_t output_bytes; /* of each output */
	int threads;	      /* of the encoder; 0, 1: none beside the cell's own */
};

enum media_kind { MEDIA_JPEG, MEDIA_WEBP };

/* One still picture that is to be written: upright, square pixels, SDR, no metadata.  Its short
 * edge is short_edge (2..8192) or that of what it is made from, where this is shorter; square: the
 * middle of it. */
struct media_picture {
	int fd; /* a new empty file, open for reading and writing; -1: not wanted */
	enum media_kind kind;
	int short_edge;
	bool square;

	/* Filled, where it was written. */
	int width, height;
	int64_t bytes;
};

#define MEDIA_PICTURES_MAX 4

/* One step of the ladder. */
struct media_rung {
	int short_edge; /* pixels, even */
	int max_kbps;	/* peak of the picture, as a decoder with two seconds of buffer sees it */
	int crf;	/* of x264: 18 (best) .. 35 */
};

#define MEDIA_RUNGS_MAX 4

/* What is to be made of a clip.  The clip gets the smallest rung that it fits into (or the
 * largest), at its own size at most, and each rung below.  The topmost is a copy where the input
 * already plays everywhere. */
struct media_recipe {
	const struct media_rung *rungs; /* from the largest to the smallest */
	size_t rungs_n;			/* at most MEDIA_RUNGS_MAX */
	const char *preset;		/* of x264, up to "medium": slower ones pass level 4.2 */
	int copy_max_kbps;		/* a picture with more than this is not copied */
	bool copy_only;			/* make no output but the copy, if there is one */
};

struct media_info {
	int width, height;    /* upright, square pixels */
	int rotation;         /* degrees clockwise that a player must turn it: 0, 90, 180, 270 */
	bool mirrored;        /* before it turns it, a player must swap left and right */
	int64_t duration_ms;
	char video_codec[24], audio_codec[24]; /* libav's names; "" for no sound */
	int64_t cover_ms;     /* where the cover was taken */
	int64_t peak_rss;     /* bytes, of the cell */
	int64_t cpu_ms;	      /* of the cell */
};

/* One MP4 that was written: H.264 8 bit 4:2:0 at level 4.2 or below, AAC-LC or no sound, index
 * first, nothing that the input said of itself. */
struct media_output {
	int rung;	   /* which of the recipe */
	int width, height; /* upright, as a player shows it */
	int64_t duration_ms, bytes;
	bool copied, sound;
	char codecs[32]; /* RFC 6381, as "avc1.64001f,mp4a.40.2" */
};

enum media_end {
	MEDIA_OK,      /* info filled, cover and outputs written */
	MEDIA_REFUSED, /* *why says so */
	MEDIA_FAILED,  /* our side: no fork, no space ...; errno set; try again later */
	MEDIA_STOPPED, /* the progress function said so */
};

/* Looks at the clip in in_fd (a regular file, read from its start) and writes its pictures (up to
 * MEDIA_PICTURES_MAX), all of the frame that is shown at_ms after the first, or of the best one
 * (at_ms: -1).  Blocks until the cell ends, at most limits->wall_s. */
enum media_end media_cover(int in_fd, int64_t at_ms, struct media_picture *pictures,
    size_t pictures_n, const struct media_limits *limits, struct media_info *info,
    enum refuse *why);

/* One call of media_render(). */
struct media_order {
	int in_fd; /* a regular file, read from its start */

	/* New empty files, open for reading and writing: one for each rung of the recipe; -1: that
	 * one is not wanted (as when the copy has been made before, by a recipe with copy_only, so
	 * that the clip can be seen soon). */
	const int *out_fds;

	/* The covers; as for media_cover(). */
	struct media_picture *pictures;
	size_t pictures_n;
	int64_t cover_at_ms; /* -1: choose; a time beyond the end means the last frame */

	const struct media_limits *limits;
	const struct media_recipe *recipe;

	/* Called when the percentage rises and at least each second; what it takes counts against
	 * limits->wall_s.  false ends the cell: MEDIA_STOPPED.  NULL: nobody asks. */
	bool (*progress)(void *arg, int percent);
	void *arg;
};

/* Checks the clip as media_cover() does and writes the covers and the outputs, all in one cell.
 * outs has room for MEDIA_RUNGS_MAX; *outs_n of them are filled, the largest first, none twice.
 * The caller removes files that were not filled; where the end is not MEDIA_OK, all of them. */
enum media_end media_render(const struct media_order *order, struct media_info *info,
    struct media_output *outs, size_t *outs_n, enum refuse *why);

/* Writes pictures of a JPEG, PNG or WebP still of at most 32 MiB (an animated WebP is refused),
 * turned as the EXIF data of a JPEG or WebP says, on white where it is transparent.  n: at most
 * MEDIA_PICTURES_MAX. */
enum media_end media_image(int in_fd, struct media_picture *pictures, size_t n,
    const struct media_limits *limits, enum refuse *why);

/* Writes an animated WebP of at most 3 s of the clip, from its cover on: 8 frames a second, short
 * edge at most 240, without end, no metadata.  out_fd: a new empty file. */
enum media_end media_preview(
    int in_fd, int out_fd, const struct media_limits *limits, enum refuse *why);

/* Makes an MP4 of media_render()'s ready for HLS.  out_fd gets one fragmented MP4: the same coded
 * pictures and sound, cut at keyframes into segments of 2 s or more (about 4).  list_fd gets its
 * media playlist (version 7), in which the file is called uri: a relative name of letters, digits
 * and `-_./`, at most 200 (else MEDIA_FAILED, EINVAL).  Both files are new and empty. */
enum media_end media_hls(int in_fd, int out_fd, int list_fd, const char *uri,
    const struct media_limits *limits, enum refuse *why);

/* Which layers this kernel gives to a cell. */
struct cell_layers {
	bool rlimits, no_new_privs, seccomp;
	int landlock_abi; /* 0: none */
};
void cell_probe(struct cell_layers *out);

/* The kind of file by its first bytes, at least 16: "mp4", "mov", "webm", "mkv" (both EBML: told
 * apart by the DocType within n bytes), "avi"; NULL: nothing that we take.  Pure, no libav. */
const char *media_sniff(const unsigned char *p, size_t n);

/* The kind of a still picture by its first bytes, at least 16: "jpg", "png", "webp"; NULL: nothing
 * that media_image() takes.  Pure, no libav. */
const char *media_sniff_image(const unsigned char *p, size_t n);

/* Writes one of the self-made demo clips (n: 0..MEDIA_DEMOS-1; H.264 + AAC MP4, portrait, a few
 * seconds, moov first) to path.  0, or -1 with a sentence at why. */
#define MEDIA_DEMOS 5
int media_demo(int n, const char *path, char *why, size_t why_size);
const char *media_demo_title(int n);

#endif
