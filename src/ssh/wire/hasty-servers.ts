/**
 * Servers that are known to read what they are sent ahead of their answers, in its order: OpenSSH in all its versions,
 * and dropbear. Others may drop it (tinysshd waits for ever), so they get one thing after the other. OpenSSH for Windows
 * hands over to another process in a way of its own.
 */
export function takesHaste(software: string | undefined): boolean {
  return /^(?:OpenSSH|dropbear)_\d/.test(software ?? '');
}
