/*
 * A plugin for QEMU's user-mode emulation: counts executed guest instructions whose address lies in [low, high) in the first
 * eight bytes of a file, where they can be read at any time, also after the process was killed. Arguments: out=FILE (exists,
 * eight bytes or more), low=N, high=N. QEMU's interface is declared here (docs/devel/tcg-plugins), the C library's functions
 * come with QEMU's process, so nothing but this file is needed to build it.
 */
typedef unsigned long long u64;
typedef u64 plugin_id;

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, void *block));
void qemu_plugin_register_vcpu_tb_exec_cb(void *block, void (*)(unsigned cpu, void *data), int flags, void *data);
u64 qemu_plugin_tb_vaddr(const void *block);
unsigned long qemu_plugin_tb_n_insns(const void *block);
int open(const char *, int, ...);
void *mmap(void *, unsigned long, int, int, int, long);
u64 strtoull(const char *, char **, int);
int strncmp(const char *, const char *, unsigned long);

#define SEEN __attribute__((visibility("default")))
enum { READ_WRITE = 3, SHARED = 1, O_READ_WRITE = 2 };

SEEN int qemu_plugin_version = VERSION;

static volatile u64 *count;
static u64 low, high = ~0ull;

static void executed(unsigned cpu, void *instructions)
{
    *count += (u64)instructions;
}

static void translated(plugin_id id, void *block)
{
    u64 at = qemu_plugin_tb_vaddr(block);
    if (at >= low && at < high)
        qemu_plugin_register_vcpu_tb_exec_cb(block, executed, 0, (void *)qemu_plugin_tb_n_insns(block));
}

SEEN int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "out=", 4)) {
            int fd = open(argv[i] + 4, O_READ_WRITE);
            void *page = fd < 0 ? (void *)-1 : mmap(0, 8, READ_WRITE, SHARED, fd, 0);
            if (page != (void *)-1)
                count = page;
        } else if (!strncmp(argv[i], "low=", 4)) {
            low = strtoull(argv[i] + 4, 0, 0);
        } else if (!strncmp(argv[i], "high=", 5)) {
            high = strtoull(argv[i] + 5, 0, 0);
        }
    }
    if (!count)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
