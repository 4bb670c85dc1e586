/**
 * The reasons for which the system refuses a call on a file, by the name of the error: all errors
 * of open, read, write, stat, rename, link, unlink, mkdir, fsync, ftruncate, chmod and close, as
 * POSIX.1-2024 and the manual of Linux list them. Each is said of the file that a message names.
 */
export const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EAGAIN: 'the system is short of something that it needs, or the device has no data now',
  EBADF: 'it is not open',
  EBUSY: 'the system or another program is using it',
  ECONNRESET: 'its other end was closed early',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'something of this name exists already',
  EFBIG: 'the file would be larger than the system permits',
  EILSEQ: 'the file system has no such names',
  EINTR: 'a signal interrupted it',
  EINVAL: 'the file system or device cannot do this',
  EIO: 'the disk or device has failed',
  EISDIR: 'it is a directory',
  ELOOP: 'its links lead in a circle',
  EMFILE: 'this process has too many open files',
  EMLINK: 'it has too many links',
  ENAMETOOLONG: 'its name is too long',
  ENFILE: 'the system has too many open files',
  ENOBUFS: 'the system has no buffers left',
  ENODEV: 'there is no such device',
  ENOENT: 'no such file or directory',
  ENOLCK: 'the system has no locks left',
  ENOMEM: 'no memory is left',
  ENOSPC: 'no space is left',
  ENOSYS: 'the system cannot do this',
  ENOTDIR: 'a part of its path is not a directory',
  ENOTEMPTY: 'the directory is not empty',
  ENOTSUP: 'the file system cannot do this',
  ENXIO: 'it is a socket, or a device that is not there',
  EOPNOTSUPP: 'the file system cannot do this',
  EOVERFLOW: 'the file is too large for the system',
  EPERM: 'not permitted',
  EPIPE: 'nobody reads from it any more',
  EROFS: 'the file system is read-only',
  ESTALE: 'the file system does not know it any more',
  ETIMEDOUT: 'the file system does not answer',
  ETXTBSY: 'it is a program that is running',
  EXDEV: 'it is on another file system',
};

/** An error of the system. */
export interface SystemError extends Error {
  readonly code: string;
  /** The call that failed, such as `open`. */
  readonly syscall: string;
  readonly path?: string;
}

/** Whether the system refused a call on a file. */
export function isSystemError(error: unknown): error is SystemError {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as Partial<SystemError>;
  return code !== undefined && code in REASONS && syscall !== undefined;
}

/** Returns the reason of a system error about a file, as people would say it. */
export function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}

/** Whether something failed because no memory was left. */
export function ranOutOfMemory(error: unknown): boolean {
  const { code = '', message = '' } = error as Partial<NodeJS.ErrnoException>;
  return OUT_OF_MEMORY.includes(code) || /allocation failed|could not allocate/.test(message);
}

/** Codes of Node for threads, buffers and files that find no memory. */
const OUT_OF_MEMORY = ['ERR_WORKER_OUT_OF_MEMORY', 'ERR_MEMORY_ALLOCATION_FAILED', 'ENOMEM'];
