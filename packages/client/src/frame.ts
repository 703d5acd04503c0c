/** Work that is done at most once before each frame of the screen, and not at all in a hidden page. */
export interface PerFrame {
  /** Requests the work before the next frame. */
  request(): void;
  /** Withdraws the request, if there is one. */
  cancel(): void;
}

/** Without frames, as in Node.js, the work is done after this time, in milliseconds. */
const WITHOUT_FRAMES_MS = 16;

export function perFrame(run: () => void): PerFrame {
  let requested: number | ReturnType<typeof setTimeout> | null = null;
  const hasFrames = typeof requestAnimationFrame === 'function';
  const begin = (): void => {
    requested = null;
    run();
  };
  return {
    request() {
      requested ??= hasFrames ? requestAnimationFrame(begin) : setTimeout(begin, WITHOUT_FRAMES_MS);
    },
    cancel() {
      if (requested === null) return;
      if (hasFrames) cancelAnimationFrame(requested as number);
      else clearTimeout(requested);
      requested = null;
    },
  };
}
