/** What a container runs that gives the files below these folders to `UID:GID`. */
export function chownArgv(owner: string, folders: readonly string[]): readonly string[] {
  const [uid = '', gid = ''] = owner.split(':');
  const isAnothers = ['(', '!', '-uid', uid, '-o', '!', '-gid', gid, ')'];
  const give = ['-exec', 'chown', '-h', owner, '{}', '+'];
  return ['sh', '-c', 'find "$@" || find "$@"', 'chown', ...folders, ...isAnothers, ...give];
}
