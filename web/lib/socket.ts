/**
 * One WebSocket that survives: reconnects with back-off, resumes where it stopped, and keeps what
 * must not be lost in an outbox (localStorage) until the server has acknowledged it by `client_id`.
 * Knows nothing of chat or desk; frames go in and out as JSON. Never decides what a frame means
 * beyond `welcome`, `ack`, `error` and `pong`.
 */
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { newId } from './format';
import { store } from './prefs';
import type { WireError } from './types';

export type Link = 'idle' | 'connecting' | 'open' | 'retrying' | 'offline' | 'stopped';

export interface Outgoing {
  client_id: string;
  frame: Record<string, unknown> & { type: string };
  /** ISO time at which the person sent it. */
  at: string;
  state: 'sending' | 'failed';
  error?: WireError;
}

export interface SocketOptions<In extends { type: string }> {
  /** Path (`/ws/chat`) or full ws: URL. */
  url: string;
  /** Names the outbox in localStorage: `sg.out.<name>.<client_id>`. */
  name: string;
  /** The first frame after connecting; asked again on every reconnect. */
  hello: () => { type: 'hello' } & Record<string, unknown>;
  /** Every frame from the server, after the outbox has seen it. */
  onFrame: (frame: In) => void;
  /** Runs before each connection, e.g. to make a session. Throw `StopConnecting` to give up. */
  prepare?: () => Promise<void>;
  /** For tests. */
  WebSocketImpl?: typeof WebSocket;
}

/** Thrown by `prepare` when retrying would not help (signed out, refused). */
export class StopConnecting extends Error {}

const PING_EVERY = 20_000;
const SILENCE_LIMIT = 10_000;
const ACK_RESEND = 8_000;
const ACK_GIVE_UP = 30_000;
const BACKOFF_MAX = 15_000;

/** Back-off before attempt `n` (0-based): 0.5 s doubling to 15 s, with 30 % jitter. */
export function backoff(n: number, random: number = Math.random()): number {
  return Math.min(BACKOFF_MAX, 500 * 2 ** Math.min(n, 10)) * (0.7 + 0.3 * random);
}

export class Socket<In extends { type: string }> {
  readonly link = signal<Link>('idle');
  /** Sent and not yet acknowledged, oldest first. */
  readonly outbox = signal<readonly Outgoing[]>([]);
  /** True once the server has said `welcome` on the current connection. */
  readonly welcomed = signal(false);
  readonly ready: ReadonlySignal<boolean> = computed(() => this.link.value === 'open' && this.welcomed.value);

  private ws: WebSocket | null = null;
  private attempt = 0;
  private generation = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private pingTimer: ReturnType<typeof setInterval> | undefined;
  private silenceTimer: ReturnType<typeof setTimeout> | undefined;
  private ackTimers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly prefix: string;

  constructor(private readonly options: SocketOptions<In>) {
    this.prefix = `sg.out.${options.name}.`;
    this.outbox.value = this.restore();
  }

  start(): void {
    addEventListener('online', this.wake);
    addEventListener('offline', this.lost);
    addEventListener('pageshow', this.wake);
    document.addEventListener('visibilitychange', this.wake);
    void this.connect();
  }

  /** Ends for good; the outbox stays for the next start. */
  stop(): void {
    removeEventListener('online', this.wake);
    removeEventListener('offline', this.lost);
    removeEventListener('pageshow', this.wake);
    document.removeEventListener('visibilitychange', this.wake);
    clearTimeout(this.retryTimer);
    this.drop();
    this.link.value = 'stopped';
  }

  /** Closes and connects again now, e.g. after the session changed. */
  restart(): void {
    this.drop();
    this.attempt = 0;
    void this.connect();
  }

  /** Sends if the connection is ready; a frame that may be lost. Returns whether it went out. */
  send(frame: { type: string } & Record<string, unknown>): boolean {
    if (!this.ready.value || !this.ws) return false;
    this.ws.send(JSON.stringify(frame));
    return true;
  }

  /** Sends a frame that must arrive. Kept until acknowledged; returns its `client_id`. */
  deliver(frame: { type: string } & Record<string, unknown>): string {
    const client_id = newId();
    const item: Outgoing = {
      client_id, frame: { ...frame, client_id }, at: new Date().toISOString(), state: 'sending',
    };
    this.put(item);
    this.transmit(item);
    return client_id;
  }

  /** Tries a failed item again, under the same `client_id`. */
  retry(client_id: string): void {
    const item = this.outbox.value.find((o) => o.client_id === client_id);
    if (!item) return;
    const again: Outgoing = { ...item, state: 'sending', error: undefined };
    this.put(again);
    if (this.ready.value) this.transmit(again);
    else this.wake();
  }

  /** Forgets an item. */
  discard(client_id: string): void {
    clearTimeout(this.ackTimers.get(client_id));
    this.ackTimers.delete(client_id);
    store.set(this.prefix + client_id, null);
    this.outbox.value = this.outbox.value.filter((o) => o.client_id !== client_id);
  }

  private restore(): Outgoing[] {
    const items: Outgoing[] = [];
    for (const key of store.keys(this.prefix)) {
      try {
        const item = JSON.parse(store.get(key) ?? '') as Outgoing;
        if (item.client_id && item.frame?.type) items.push(item);
      } catch {
        store.set(key, null);
      }
    }
    return items.sort((a, b) => a.at.localeCompare(b.at));
  }

  private put(item: Outgoing): void {
    store.set(this.prefix + item.client_id, JSON.stringify(item));
    const rest = this.outbox.value;
    const at = rest.findIndex((o) => o.client_id === item.client_id);
    this.outbox.value = at < 0 ? [...rest, item] : rest.map((o, i) => (i === at ? item : o));
  }

  private transmit(item: Outgoing, since = Date.now()): void {
    if (!this.ready.value || !this.ws) return;
    this.ws.send(JSON.stringify(item.frame));
    clearTimeout(this.ackTimers.get(item.client_id));
    this.ackTimers.set(
      item.client_id,
      setTimeout(() => {
        const still = this.outbox.value.find((o) => o.client_id === item.client_id);
        if (!still || still.state !== 'sending' || !this.ready.value) return;
        if (Date.now() - since >= ACK_GIVE_UP) this.put({ ...still, state: 'failed' });
        else this.transmit(still, since);
      }, ACK_RESEND),
    );
  }

  private async connect(): Promise<void> {
    this.drop();
    const mine = this.generation;
    clearTimeout(this.retryTimer);
    // `onLine` is only a hint (it is false on a machine with loopback alone), so try in any case.
    if (this.link.value !== 'offline') this.link.value = this.attempt === 0 ? 'connecting' : 'retrying';
    try {
      await this.options.prepare?.();
    } catch (error) {
      if (mine !== this.generation) return;
      if (error instanceof StopConnecting) this.link.value = 'stopped';
      else this.again();
      return;
    }
    if (mine !== this.generation) return;
    this.open(mine);
  }

  private open(mine: number): void {
    const Impl = this.options.WebSocketImpl ?? WebSocket;
    const { url } = this.options;
    const target = /^wss?:/.test(url) ? url : `${location.origin.replace(/^http/, 'ws')}${url}`;
    let ws: WebSocket;
    try {
      ws = new Impl(target);
    } catch {
      this.again();
      return;
    }
    this.ws = ws;
    ws.onopen = () => {
      if (mine !== this.generation) return;
      this.link.value = 'open';
      ws.send(JSON.stringify(this.options.hello()));
      this.pingTimer = setInterval(() => this.ping(), PING_EVERY);
      this.expectTraffic();
    };
    ws.onmessage = (event) => {
      if (mine === this.generation) this.receive(String(event.data));
    };
    ws.onclose = () => {
      if (mine !== this.generation) return;
      this.drop();
      this.again();
    };
  }

  private receive(data: string): void {
    clearTimeout(this.silenceTimer);
    let frame: In;
    try {
      frame = JSON.parse(data) as In;
    } catch {
      return;
    }
    if (typeof frame?.type !== 'string') return;
    const known = frame as unknown as { type: string; client_id?: string; error?: WireError };
    if (known.type === 'welcome') {
      this.attempt = 0;
      this.welcomed.value = true;
    }
    if (known.type === 'ack' && known.client_id) {
      this.options.onFrame(frame);
      this.discard(known.client_id);
      return;
    }
    if (known.type === 'error' && known.client_id) this.fail(known.client_id, known.error);
    this.options.onFrame(frame);
    if (known.type === 'welcome') {
      for (const item of this.outbox.value) if (item.state === 'sending') this.transmit(item);
    }
  }

  private fail(client_id: string, error: WireError | undefined): void {
    const item = this.outbox.value.find((o) => o.client_id === client_id);
    clearTimeout(this.ackTimers.get(client_id));
    if (item) this.put({ ...item, state: 'failed', error });
  }

  private ping(): void {
    if (this.ws?.readyState !== 1) return;
    this.ws.send('{"type":"ping"}');
    this.expectTraffic();
  }

  /** A half-dead connection never closes by itself: silence after a ping ends it. */
  private expectTraffic(): void {
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => {
      this.drop();
      this.again();
    }, SILENCE_LIMIT);
  }

  private drop(): void {
    this.generation += 1;
    clearInterval(this.pingTimer);
    clearTimeout(this.silenceTimer);
    for (const timer of this.ackTimers.values()) clearTimeout(timer);
    this.ackTimers.clear();
    this.welcomed.value = false;
    const ws = this.ws;
    this.ws = null;
    if (ws && ws.readyState <= 1) ws.close();
  }

  private again(): void {
    this.link.value = navigator.onLine === false ? 'offline' : 'retrying';
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => void this.connect(), backoff(this.attempt++));
  }

  private readonly wake = (): void => {
    if (document.visibilityState === 'hidden') return;
    if (this.link.value === 'retrying' || this.link.value === 'offline') {
      this.attempt = 0;
      void this.connect();
    } else if (this.link.value === 'open') this.ping();
  };

  private readonly lost = (): void => {
    this.drop();
    this.again();
  };
}
