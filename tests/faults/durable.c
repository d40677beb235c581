/* A shim for LD_PRELOAD that remembers what a power cut would leave.
 *
 * Killing a process does not lose what it wrote without syncing: the page cache keeps it. So, for everything
 * below DURABLE_ROOT, this shim keeps in DURABLE_SHADOW only what a caller asked to be made durable:
 *
 *   files/<id>   the content of a regular file as of its last fsync or fdatasync
 *   dirs/<id>    the entries of a directory as of its last one: "f <id> <name>\0", "d <id> <name>\0", ...
 *   armed        made when the shim is loaded
 *
 * The id is "root" for DURABLE_ROOT, else what names an inode for its lifetime, since bare inode numbers are used
 * again. Each record is written aside and renamed, under one lock across processes and threads, so that a SIGKILL
 * leaves either the old or the new one, and a later sync is never overwritten by an earlier one.
 *
 * Not durability, hence not intercepted: close, msync, sync_file_range. Nothing in the gateway relies on O_SYNC,
 * sync or syncfs, which would be. Content is read through the descriptor itself where it is readable: closing a second
 * descriptor of the same file would drop the POSIX locks that SQLite holds.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define ID_MAX 96
#define HANDLE_MAX 128
#define BUFFER (1 << 18)

static const char *root, *shadow;
static dev_t root_dev;
static ino_t root_ino;
static int (*real_fsync)(int), (*real_fdatasync)(int);

static void give_up(const char *what)
{
    fprintf(stderr, "durable: cannot %s: %s\n", what, strerror(errno));
    abort(); /* an image that misses a sync would accuse the program of a loss that is ours */
}

static void shadow_path(char *path, const char *kind, const char *name)
{
    if (snprintf(path, PATH_MAX, "%s/%s%s", shadow, kind, name) >= PATH_MAX)
        give_up("name a record");
}

static void arm(void)
{
    struct stat st;
    char path[PATH_MAX];
    int fd;

    real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    root = getenv("DURABLE_ROOT");
    shadow = getenv("DURABLE_SHADOW");
    if (!root || !shadow) {
        root = NULL;
        return;
    }
    if (stat(root, &st) != 0)
        give_up("find DURABLE_ROOT");
    root_dev = st.st_dev;
    root_ino = st.st_ino;
    shadow_path(path, "armed", "");
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        give_up("write to DURABLE_SHADOW");
    close(fd);
}

__attribute__((constructor)) static void loaded(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, arm);
}

/* The number of an inode, its birth and, where the file system tells, its generation. Returns its mode, 0 if it is gone. */
static unsigned identify(int dir, const char *name, int flags, char id[ID_MAX])
{
    union {
        struct file_handle handle;
        char room[sizeof(struct file_handle) + HANDLE_MAX];
    } h;
    unsigned long long generation = 1469598103934665603ULL;
    struct statx st;
    int mount;

    if (statx(dir, name, flags | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &st) != 0) {
        if (errno == ENOENT)
            return 0;
        give_up("look at a file");
    }
    if (st.stx_ino == root_ino && makedev(st.stx_dev_major, st.stx_dev_minor) == root_dev) {
        strcpy(id, "root");
        return st.stx_mode;
    }
    memset(&h, 0, sizeof h);
    h.handle.handle_bytes = HANDLE_MAX;
    if (name_to_handle_at(dir, name, &h.handle, &mount, flags) == 0)
        for (unsigned i = 0; i < h.handle.handle_bytes; i++)
            generation = (generation ^ h.handle.f_handle[i]) * 1099511628211ULL;
    snprintf(id, ID_MAX, "%llu-%lld-%u-%llx", (unsigned long long)st.stx_ino, (long long)st.stx_btime.tv_sec,
             st.stx_btime.tv_nsec, generation);
    return st.stx_mode;
}

static int is_below_root(int fd)
{
    char link[64], path[PATH_MAX];
    size_t length = strlen(root);
    ssize_t n;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    if (n < 0)
        give_up("read /proc/self/fd");
    path[n] = 0;
    return strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static void copy_content(int fd, int out)
{
    int source = fd;
    off_t offset = 0;
    ssize_t n;
    char *buffer = malloc(BUFFER);

    if (!buffer)
        give_up("find memory");
    if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        source = open(link, O_RDONLY | O_CLOEXEC);
    }
    while ((n = pread(source, buffer, BUFFER, offset)) > 0) {
        for (ssize_t done = 0, m; done < n; done += m)
            if ((m = write(out, buffer + done, n - done)) < 0)
                give_up("save a file");
        offset += n;
    }
    if (n < 0)
        give_up("read a file");
    if (source != fd)
        close(source);
    free(buffer);
}

static void copy_entries(int fd, int out)
{
    struct dirent *entry;
    int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* fd keeps its reading position */
    DIR *dir = own < 0 ? NULL : fdopendir(own);
    FILE *list = fdopen(dup(out), "w");

    if (!dir || !list)
        give_up("read a directory");
    while ((entry = readdir(dir))) {
        char id[ID_MAX];
        unsigned mode;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if ((mode = identify(own, entry->d_name, 0, id)) != 0)
            fprintf(list, "%c %s %s%c", S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : 'o', id, entry->d_name, 0);
    }
    closedir(dir);
    if (fclose(list) != 0)
        give_up("save a directory");
}

static void remember(int fd)
{
    char id[ID_MAX], path[PATH_MAX], aside[PATH_MAX];
    struct stat st;
    int lock, out, directory;

    if (!root || fstat(fd, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) || !is_below_root(fd))
        return;
    directory = S_ISDIR(st.st_mode);
    identify(fd, "", AT_EMPTY_PATH, id);
    shadow_path(path, "lock", "");
    lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600); /* opened anew: flock parts threads too */
    if (lock < 0)
        give_up("open the lock");
    while (flock(lock, LOCK_EX) != 0)
        if (errno != EINTR)
            give_up("take the lock");
    shadow_path(path, directory ? "dirs/" : "files/", id);
    shadow_path(aside, "aside", ""); /* one name is enough under the lock; a killed writer's is overwritten */
    out = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0)
        give_up("write a record");
    (directory ? copy_entries : copy_content)(fd, out);
    close(out);
    if (rename(aside, path) != 0)
        give_up("publish a record");
    close(lock);
}

static int sync_and_remember(int (*sync)(int), int fd)
{
    int saved, result = sync(fd);

    if (result == 0) {
        saved = errno;
        remember(fd);
        errno = saved;
    }
    return result;
}

int fsync(int fd)
{
    loaded();
    return sync_and_remember(real_fsync, fd);
}

int fdatasync(int fd)
{
    loaded();
    return sync_and_remember(real_fdatasync, fd);
}
