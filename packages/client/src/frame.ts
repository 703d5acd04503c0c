/** Work that is done at most once for each frame that the screen shows, and not at all in a hidden page. */
export interface PerFrame {
  /** Does it before the next frame. */
  request(): void;
  /** Does not do it, if it was requested. */
  cancel(): void;
}

/** Without frames, as in Node, work is done that many milliseconds later. */
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
