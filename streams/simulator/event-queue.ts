/** Who listens next: a binary heap of one entry a user, always full. Only the earliest entry is ever moved. */

export class EventQueue {
  private readonly times: Float64Array;
  private readonly users: Int32Array;

  /** `times[user]` is when that user listens first. */
  constructor(times: Float64Array) {
    this.times = Float64Array.from(times);
    this.users = Int32Array.from(times, (_time, user) => user);
    for (let node = (times.length >> 1) - 1; node >= 0; node--) this.sink(node);
  }

  get user(): number {
    return this.users[0] as number;
  }

  get time(): number {
    return this.times[0] as number;
  }

  /** The earliest user's next time, not before the present one. */
  postpone(time: number): void {
    this.times[0] = time;
    this.sink(0);
  }

  private sink(from: number): void {
    const { times, users } = this;
    const size = times.length;
    const time = times[from] as number;
    const user = users[from] as number;
    let node = from;
    for (;;) {
      let child = 2 * node + 1;
      if (child >= size) break;
      if (child + 1 < size && (times[child + 1] as number) < (times[child] as number)) child += 1;
      if ((times[child] as number) >= time) break;
      times[node] = times[child] as number;
      users[node] = users[child] as number;
      node = child;
    }
    times[node] = time;
    users[node] = user;
  }
}
