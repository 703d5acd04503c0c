import { type FileHandle, open } from 'node:fs/promises';

/** Number of bytes to read at a time. */
const CHUNK_BYTES = 64 * 1024;

/** The file is emptied when this number of bytes has been read. */
const EMPTY_AT_BYTES = 1024 * 1024;

/**
 * A file to which nginx appends the status of each answer, one per line, and which never grows large. What is appended while
 * the file is being emptied is not counted.
 */
export class AnswerLog {
  readonly #path: string;
  readonly #answered: (status: string) => void;
  readonly #emptyAtBytes: number;
  #offset = 0;
  /** The beginning of a line whose end is not written yet. */
  #rest = '';
  #reading: Promise<void> | null = null;

  /** @param answered called for each line */
  constructor(path: string, answered: (status: string) => void, emptyAtBytes = EMPTY_AT_BYTES) {
    this.#path = path;
    this.#answered = answered;
    this.#emptyAtBytes = emptyAtBytes;
  }

  /**
   * Reads what is new. Without a file, there is nothing: nginx makes it.
   *
   * @throws the file system's errors
   */
  read(): Promise<void> {
    this.#reading ??= this.#open().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #open(): Promise<void> {
    let file: FileHandle;
    try {
      file = await open(this.#path, 'r+');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    try {
      await this.#readFrom(file);
    } finally {
      await file.close();
    }
  }

  async #readFrom(file: FileHandle): Promise<void> {
    // A new nginx has begun a new file.
    if ((await file.stat()).size < this.#offset) this.#restart();
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, this.#offset);
      if (bytesRead === 0) break;
      this.#offset += bytesRead;
      this.#take(chunk.toString('latin1', 0, bytesRead));
    }
    // nginx appends, so it continues at the new end.
    if (this.#offset < this.#emptyAtBytes) return;
    await file.truncate(0);
    this.#restart();
  }

  /** Nobody completes a line of the old file. */
  #restart(): void {
    this.#offset = 0;
    this.#rest = '';
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#answered(line.trim());
  }
}
