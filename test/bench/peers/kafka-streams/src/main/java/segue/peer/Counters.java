package segue.peer;

import java.util.concurrent.atomic.AtomicLong;

/** What all threads have done so far, and when the first record came. */
final class Counters {
  private final AtomicLong startedNanos = new AtomicLong();
  private final AtomicLong listens = new AtomicLong();
  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong counted = new AtomicLong();

  void listenRead() {
    if (listens.getAndIncrement() == 0) startedNanos.set(System.nanoTime());
  }

  void changeSent() {
    sent.incrementAndGet();
  }

  void changeCounted() {
    counted.incrementAndGet();
  }

  boolean isDone(long wanted) {
    return listens.get() >= wanted && counted.get() >= sent.get();
  }

  double seconds() {
    return (System.nanoTime() - startedNanos.get()) / 1e9;
  }

  String text() {
    return listens + " listens read, " + sent + " changes sent, " + counted + " counted";
  }

  long pairs() {
    return sent.get();
  }
}
