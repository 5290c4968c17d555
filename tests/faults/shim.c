/* A bad disk and a bad clock for tests, by LD_PRELOAD: needs no rights, so that it works for root and for everybody.
 *
 * While the file $BAD_DISK/full exists, nothing more can be written below $BAD_DISK_ROOT ("no space left").
 * While $BAD_DISK/tenth exists, every tenth opening of a file for reading in a folder `pages` fails (EIO).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static int ordered(const char *what) {
    const char *folder = getenv("BAD_DISK");
    char path[PATH_MAX];
    if (!folder || snprintf(path, sizeof path, "%s/%s", folder, what) >= (int)sizeof path) return 0;
    return access(path, F_OK) == 0;
}

/* A regular file below the root: logs and pipes are not on the bad disk. */
static int on_disk(int fd) {
    const char *root = getenv("BAD_DISK_ROOT");
    char link[64], path[PATH_MAX];
    if (!root) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strncmp(path, root, strlen(root)) == 0;
}

static int refused(int fd) {
    int kept = errno;
    int full = ordered("full") && on_disk(fd);
    errno = full ? ENOSPC : kept;
    return full;
}

static int unlucky(const char *path, int flags) {
    static atomic_uint count;
    if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_DIRECTORY) || !path || !strstr(path, "/pages/")) return 0;
    int kept = errno;
    int bad = ordered("tenth") && atomic_fetch_add(&count, 1) % 10 == 9;
    errno = bad ? EIO : kept;
    return bad;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t count) {
    return refused(fd) ? -1 : REAL(write)(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    return refused(fd) ? -1 : REAL(pwrite)(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    return refused(fd) ? -1 : REAL(pwrite64)(fd, bytes, count, at);
}

ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *there, size_t count, unsigned flags) {
    return refused(to) ? -1 : REAL(copy_file_range)(from, at, to, there, count, flags);
}

int mkdir(const char *path, mode_t mode) {
    const char *root = getenv("BAD_DISK_ROOT");
    if (root && strncmp(path, root, strlen(root)) == 0 && ordered("full")) {
        errno = ENOSPC;
        return -1;
    }
    return REAL(mkdir)(path, mode);
}

int clock_gettime(clockid_t which, struct timespec *now) {
    int result = REAL(clock_gettime)(which, now);
    const char *folder = getenv("BAD_DISK");
    if (result != 0 || which != CLOCK_REALTIME || !folder) return result;
    int kept = errno;
    char path[PATH_MAX], offset[32];
    snprintf(path, sizeof path, "%s/clock", folder);
    int fd = REAL(open)(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t length = read(fd, offset, sizeof offset - 1);
        close(fd);
        if (length > 0) {
            offset[length] = 0;
            now->tv_sec += atol(offset);
        }
    }
    errno = kept;
    return result;
}

#define OPENING(name, real)                          \
    mode_t mode = 0;                                 \
    if (flags & (O_CREAT | __O_TMPFILE)) {           \
        va_list more;                                \
        va_start(more, flags);                       \
        mode = va_arg(more, mode_t);                 \
        va_end(more);                                \
    }                                                \
    if (unlucky(path, flags)) return -1;             \
    return real;

int open(const char *path, int flags, ...) { OPENING(open, REAL(open)(path, flags, mode)) }
int open64(const char *path, int flags, ...) { OPENING(open64, REAL(open64)(path, flags, mode)) }
int openat(int at, const char *path, int flags, ...) { OPENING(openat, REAL(openat)(at, path, flags, mode)) }
int openat64(int at, const char *path, int flags, ...) { OPENING(openat64, REAL(openat64)(at, path, flags, mode)) }
