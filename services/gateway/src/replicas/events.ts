/** One replica's answer to a question that was put to all. */
export interface Reply {
  /** Id of the replica that answers. */
  replica: string;
  /** Left out where the question was for another replica, or could not be answered. */
  answer?: unknown;
}

/** What replicas emit to each other through socket.io's adapter. No client can send or receive any of it. */
export interface ReplicaEvents {
  /**
   * A question to all others. Every one of them acknowledges, because the adapter waits for all.
   *
   * @param question name of one of `Questions`
   * @param only id of the one replica that it is for; null for all
   */
  ask(question: string, asked: unknown, only: string | null, acknowledge: (reply: Reply) => void): void;
  /** A replica is there; said again and again. */
  present(replica: string): void;
  /** A replica ends. */
  left(replica: string): void;
}
