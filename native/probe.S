// Windows gives a stack its memory page by page, and only the next page may be touched first. A function with more than
// one page of locals calls this with their size in rax; it touches each page and changes no register. Only for Windows.
    .globl ___chkstk_ms
___chkstk_ms:
    pushq %rcx
    pushq %rax
    leaq 24(%rsp), %rcx
    cmpq $4096, %rax
    jb 2f
1:  subq $4096, %rcx
    orq $0, (%rcx)
    subq $4096, %rax
    cmpq $4096, %rax
    ja 1b
2:  subq %rax, %rcx
    orq $0, (%rcx)
    popq %rax
    popq %rcx
    retq
