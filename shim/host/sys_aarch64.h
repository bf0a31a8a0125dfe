/* shim/host/sys_aarch64.h - system calls of aarch64 without a libc. Included by host/sys.h only. */
#ifndef PP_HOST_SYS_AARCH64_H
#define PP_HOST_SYS_AARCH64_H

/* The kernel's answer: a result, or a negative errno. */
static inline long pp_sys_call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory", "cc");
	return x0;
}

/* clone(2) onto another stack: fn(arg) runs there, its result is the child's exit status. */
#define PP_SYS_CLONE_ASM                                                                           \
	".text\n"                                                                                  \
	".hidden pp_sys_clone\n"                                                                   \
	".globl pp_sys_clone\n"                                                                    \
	".type pp_sys_clone, %function\n"                                                          \
	"pp_sys_clone:\n" /* x0 fn, x1 arg, x2 stack top, x3 flags */                              \
	"	and x2, x2, #-16\n"                                                                      \
	"	stp x0, x1, [x2, #-16]!\n"                                                               \
	"	mov x0, x3\n"                                                                            \
	"	mov x1, x2\n"                                                                            \
	"	mov x2, #0\n"                                                                            \
	"	mov x3, #0\n"                                                                            \
	"	mov x4, #0\n"                                                                            \
	"	mov x8, #220\n"                                                                          \
	"	svc #0\n"                                                                                \
	"	cbnz x0, 1f\n"                                                                           \
	"	mov x29, #0\n"                                                                           \
	"	ldp x1, x0, [sp], #16\n"                                                                 \
	"	blr x1\n"                                                                                \
	"	mov x8, #93\n"                                                                           \
	"	svc #0\n"                                                                                \
	"1:	ret\n"                                                                                 \
	".size pp_sys_clone, .-pp_sys_clone\n"

#define PP_SYS_RESTORER_ASM "" /* the kernel's vdso does it */
#define PP_SYS_HAS_RESTORER 0

#endif
