/** One replica's answer to a question to all. */
export interface Reply {
  /** Id of the replica that answers. */
  replica: string;
  /** Distinguishes it from others with the same id. */
  instance: string;
  /** Omitted if the question was for another replica, or could not be answered. */
  answer?: unknown;
}

/** What replicas emit to each other through socket.io's adapter. Clients can neither send nor receive any of it. */
export interface ReplicaEvents {
  /**
   * A question to all others. Each of them acknowledges it, because the adapter waits for all.
   *
   * @param question name of one of `Questions`
   * @param only id of the one replica that should answer; null for all
   */
  ask(question: string, parameters: unknown, only: string | null, acknowledge: (reply: Reply) => void): void;
  /** A replica is running; repeated regularly. */
  present(replica: string, instance: string): void;
  /** A replica stops. */
  left(replica: string, instance: string): void;
}
