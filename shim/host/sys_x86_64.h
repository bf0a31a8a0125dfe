/* shim/host/sys_x86_64.h - system calls of x86-64 without a libc. Included by host/sys.h only. */
#ifndef PP_HOST_SYS_X86_64_H
#define PP_HOST_SYS_X86_64_H

/* The kernel's answer: a result, or a negative errno. */
static inline long pp_sys_call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* clone(2) onto another stack: fn(arg) runs there, its result is the child's exit status. */
#define PP_SYS_CLONE_ASM                                                                           \
	".text\n"                                                                                  \
	".hidden pp_sys_clone\n"                                                                   \
	".globl pp_sys_clone\n"                                                                    \
	".type pp_sys_clone, @function\n"                                                          \
	"pp_sys_clone:\n" /* rdi fn, rsi arg, rdx stack top, rcx flags */                          \
	"	andq $-16, %rdx\n"                                                                       \
	"	subq $16, %rdx\n"                                                                        \
	"	movq %rdi, (%rdx)\n"                                                                     \
	"	movq %rsi, 8(%rdx)\n"                                                                    \
	"	movq %rcx, %rdi\n"                                                                       \
	"	movq %rdx, %rsi\n"                                                                       \
	"	xorl %edx, %edx\n"                                                                       \
	"	xorl %r10d, %r10d\n"                                                                     \
	"	xorl %r8d, %r8d\n"                                                                       \
	"	movl $56, %eax\n"                                                                        \
	"	syscall\n"                                                                               \
	"	testq %rax, %rax\n"                                                                      \
	"	jnz 1f\n"                                                                                \
	"	xorl %ebp, %ebp\n"                                                                       \
	"	popq %rax\n"                                                                             \
	"	popq %rdi\n"                                                                             \
	"	callq *%rax\n"                                                                           \
	"	movl %eax, %edi\n"                                                                       \
	"	movl $60, %eax\n"                                                                        \
	"	syscall\n"                                                                               \
	"	hlt\n"                                                                                   \
	"1:	ret\n"                                                                                 \
	".size pp_sys_clone, .-pp_sys_clone\n"

/* Where a signal handler returns to. Debuggers and unwinders know this exact sequence of bytes. */
#define PP_SYS_RESTORER_ASM                                                                        \
	".text\n"                                                                                  \
	".hidden pp_sys_restorer\n"                                                                \
	".globl pp_sys_restorer\n"                                                                 \
	".type pp_sys_restorer, @function\n"                                                       \
	"	nop\n"                                                                                   \
	"pp_sys_restorer:\n"                                                                       \
	"	movq $15, %rax\n"                                                                        \
	"	syscall\n"                                                                               \
	".size pp_sys_restorer, .-pp_sys_restorer\n"

#define PP_SYS_HAS_RESTORER 1

#endif
