/**
 * What to tell a person about an error: for a port that cannot be had, which one and what to do; else its message.
 *
 * @param env where PORT is looked up
 */
export function readableError(error: unknown, env: NodeJS.ProcessEnv): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  const taken = port ?? env.PORT ?? '8080';
  if (code === 'EADDRINUSE') {
    return `Port ${taken} is taken by another program. Choose a free one, such as: PORT=8081 npm start`;
  }
  if (code === 'EACCES') {
    return `This user may not listen on port ${taken}. Choose one from 1024 up, such as: PORT=8080 npm start`;
  }
  return error.message;
}
