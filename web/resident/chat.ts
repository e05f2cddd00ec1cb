/**
 * The state of the resident page: the thread, who answers, who is signed in, and what the person can
 * do. One `Chat` per page; components read its signals. Every effect on the server goes through its
 * socket, and nothing said is lost: see `lib/socket.ts`.
 */
import { batch, computed, signal } from '@preact/signals';
import { lang, langChosen, setLang, store } from '../lib/prefs';
import { announce, toast } from '../lib/overlay';
import { Socket, StopConnecting, type Outgoing } from '../lib/socket';
import type { ChatFrame, ChatWelcome, Identity, Lang, Media, Message, RtcState, State, WireError } from '../lib/types';
import { tl } from '../lib/i18n';
import { t } from './text';

/** A line of the thread: stored by the server, or still on its way there. */
export interface Line extends Message { pending?: Outgoing }

const START: State = {
  assistant: 'ready', mode: 'bot', ticket: null, position: null, wait_s: null,
  media: null, agent: null, consultation: null,
};
/** After this long without an answer the page says that it takes longer than usual. */
export const SLOW_MS = 6_000;

export interface RtcEvents {
  answer: (consultation: string, sdp: string) => void;
  state: (state: RtcState) => void;
}

export class Chat {
  readonly messages = signal<readonly Message[]>([]);
  readonly state = signal<State>(START);
  readonly identity = signal<Identity | null>(null);
  readonly typing = signal<'bot' | 'agent' | null>(null);
  readonly sandbox = signal(false);
  readonly maxChars = signal(2000);
  readonly ice = signal<RTCIceServer[]>([]);
  /** True once the history has been replayed; before that the page shows skeletons. */
  readonly loaded = signal(false);
  readonly slow = signal(false);
  /** Last sequence seen when the page was hidden or scrolled away; later messages are unread. */
  readonly readUpTo = signal(0);
  readonly rateLimited = signal<WireError | null>(null);
  rtc: RtcEvents | null = null;

  readonly socket: Socket<ChatFrame>;
  private conversation = store.get('sg.conversation') ?? '';
  private replayTo = 0;
  private seenBefore = 0;
  private slowTimer: ReturnType<typeof setTimeout> | undefined;
  private typingTimer: ReturnType<typeof setTimeout> | undefined;
  private typingSent = 0;

  /** Stored messages, then what is still on its way. */
  readonly lines = computed<readonly Line[]>(() => {
    const stored = new Set(this.messages.value.map((m) => m.client_id).filter(Boolean));
    const waiting = this.socket.outbox.value
      .filter((o) => !stored.has(o.client_id) && o.frame.type !== 'handoff')
      .map((o, i): Line => ({
        seq: Number.MAX_SAFE_INTEGER - 1000 + i, id: o.client_id, author: 'resident', at: o.at,
        text: String(o.frame.text ?? o.frame.title ?? ''), cards: [], client_id: o.client_id, pending: o,
      }));
    return [...this.messages.value, ...waiting];
  });

  readonly lastSeq = computed(() => this.messages.value.at(-1)?.seq ?? 0);
  readonly unread = computed(() => this.messages.value.filter((m) => m.seq > this.readUpTo.value && m.author !== 'resident').length);

  constructor(options: { WebSocketImpl?: typeof WebSocket; fetch?: typeof fetch } = {}) {
    this.socket = new Socket<ChatFrame>({
      url: '/ws/chat',
      name: 'chat',
      hello: () => ({ type: 'hello', after: this.lastSeq.peek(), lang: lang.peek() }),
      prepare: () => this.session(options.fetch ?? fetch.bind(globalThis)),
      onFrame: (frame) => this.receive(frame),
      WebSocketImpl: options.WebSocketImpl,
    });
  }

  say(text: string): void {
    const clean = text.trim();
    if (!clean) return;
    this.followLang(clean);
    this.socket.deliver({ type: 'say', text: clean });
    this.expectAnswer();
  }

  choose(token: string, title: string): void {
    this.socket.deliver({ type: 'choose', token, title });
    this.expectAnswer();
  }

  handoff(mode: Media): void {
    this.socket.deliver({ type: 'handoff', mode });
  }

  cancelHandoff(): void {
    if (!this.socket.send({ type: 'handoff.cancel' })) toast(tl('net.retrying'), 'warning');
  }

  rate(ticket: string, score: number, comment: string): boolean {
    const sent = this.socket.send({ type: 'rate', ticket, score, comment });
    if (!sent) toast(tl('net.retrying'), 'warning');
    return sent;
  }

  /** Whether the answer in message `seq` helped; false when there is no connection. */
  feedback(seq: number, verdict: 'up' | 'down'): boolean {
    const sent = this.socket.send({ type: 'feedback', seq, verdict });
    if (!sent) toast(tl('net.retrying'), 'warning');
    return sent;
  }

  signOut(): void {
    this.socket.send({ type: 'sign_out' });
  }

  switchLang(value: Lang): void {
    setLang(value);
    this.socket.send({ type: 'lang', lang: value });
  }

  /** Says that the person is writing, at most every 3 s; only a human cares. */
  wrote(): void {
    if (this.state.peek().mode !== 'human' || Date.now() - this.typingSent < 3_000) return;
    this.typingSent = Date.now();
    this.socket.send({ type: 'typing', on: true });
  }

  /** Everything up to the newest message has been seen. */
  markRead(): void {
    const seq = this.lastSeq.peek();
    if (seq <= this.readUpTo.peek()) return;
    this.readUpTo.value = seq;
    this.socket.send({ type: 'read', seq });
  }

  private async session(get: typeof fetch): Promise<void> {
    const response = await get('/api/v1/session', {
      method: 'POST', credentials: 'same-origin',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ lang: lang.peek() }),
    });
    if (response.status === 401 || response.status === 403) throw new StopConnecting();
    if (!response.ok) throw new Error(`session ${response.status}`);
    const { conversation } = (await response.json()) as { conversation: string };
    this.belongTo(conversation);
  }

  /** A different conversation (expired session): nothing of the old thread may be shown or replayed. */
  private belongTo(conversation: string): void {
    if (!conversation || conversation === this.conversation) return;
    this.conversation = conversation;
    store.set('sg.conversation', conversation);
    for (const item of this.socket.outbox.peek()) {
      // Tokens are bound to their conversation; words are not.
      if (item.frame.type !== 'say') this.socket.discard(item.client_id);
    }
    batch(() => {
      this.messages.value = [];
      this.readUpTo.value = 0;
      this.state.value = START;
    });
  }

  private receive(frame: ChatFrame): void {
    switch (frame.type) {
      case 'welcome': return this.welcome(frame);
      case 'message': return this.add(frame);
      case 'message.changed': return this.change(frame);
      case 'ack': return this.acked(frame.client_id, frame.seq);
      case 'typing': return this.showTyping(frame.author, frame.on);
      case 'state': return this.follow(frame);
      case 'identity': return this.identify(frame.identity);
      case 'rtc.answer': return this.rtc?.answer(frame.consultation, frame.sdp);
      case 'rtc.state': return this.rtc?.state(frame);
      case 'error': return this.failed(frame.error, frame.client_id);
      case 'lang': return setLang(frame.lang);
      case 'feedback':
      case 'pong': return;
    }
  }

  private welcome(frame: ChatWelcome): void {
    const stale = frame.conversation !== this.conversation || frame.last_seq < this.lastSeq.peek();
    if (stale && this.lastSeq.peek() > 0) {
      // We asked to resume a thread that is not this one: ask again from the start.
      this.messages.value = [];
      this.belongTo(frame.conversation);
      this.socket.restart();
      return;
    }
    batch(() => {
      this.belongTo(frame.conversation);
      this.state.value = pickState(frame.state);
      this.identity.value = frame.identity;
      this.sandbox.value = frame.sandbox;
      this.ice.value = frame.ice ?? [];
      if (frame.limits?.message_max_chars) this.maxChars.value = frame.limits.message_max_chars;
      this.replayTo = frame.last_seq;
      this.seenBefore = frame.read_seq ?? frame.last_seq;
    });
    this.settle();
  }

  private settle(): void {
    if (this.loaded.peek() || this.lastSeq.peek() < this.replayTo) return;
    this.readUpTo.value = this.seenBefore;
    this.loaded.value = true;
  }

  private add(frame: Message & { type?: string }): void {
    const { type: _, ...message } = frame;
    message.cards ??= [];
    const list = this.messages.peek().filter((m) => m.seq !== message.seq);
    const at = list.findLastIndex((m) => m.seq < message.seq) + 1;
    batch(() => {
      this.messages.value = [...list.slice(0, at), message, ...list.slice(at)];
      if (message.author === 'bot' || message.author === 'agent') {
        this.typing.value = null;
        this.answered();
      }
    });
    if (message.client_id) this.socket.discard(message.client_id);
    this.settle();
  }

  /** A message we show has been changed, e.g. its rating was stored. */
  private change(frame: Message & { type?: string }): void {
    const { type: _, ...message } = frame;
    this.messages.value = this.messages.peek().map((m) => (m.seq === message.seq ? message : m));
  }

  /** Stored, but perhaps not echoed: shown as stored until the echo replaces it. */
  private acked(client_id: string, seq: number | undefined): void {
    this.rateLimited.value = null;
    const item = this.socket.outbox.peek().find((o) => o.client_id === client_id);
    if (!item || seq === undefined || item.frame.type === 'handoff') return;
    if (this.messages.peek().some((m) => m.client_id === client_id || m.seq === seq)) return;
    this.add({
      seq, id: client_id, author: 'resident', at: item.at, client_id, cards: [],
      text: String(item.frame.text ?? item.frame.title ?? ''),
    });
  }

  private follow(frame: State): void {
    const before = this.state.peek();
    const now = pickState(frame);
    this.state.value = now;
    if (now.mode === 'human' && before.mode !== 'human') {
      announce(t('human.with', { name: now.agent?.name ?? t('thread.agent') }));
    }
    if (now.mode !== 'bot') this.answered();
  }

  private identify(identity: Identity | null): void {
    const before = this.identity.peek();
    this.identity.value = identity;
    if (identity && !before) toast(t('signed_in', { name: identity.name }), 'success');
    if (!identity && before) toast(t('signed_out'), 'info');
  }

  private failed(error: WireError, client_id: string | undefined): void {
    this.answered();
    if (error.code === 'rate_limited') this.rateLimited.value = error;
    // An error about a message is shown below that message.
    const shown = client_id && this.socket.outbox.peek().find((o) => o.client_id === client_id)?.frame.type !== 'handoff';
    if (!shown) {
      if (client_id) this.socket.discard(client_id);
      toast(error.message || tl('error.generic'), 'warning');
    }
  }

  private showTyping(author: 'bot' | 'agent', on: boolean): void {
    this.typing.value = on ? author : null;
    clearTimeout(this.typingTimer);
    if (on && author === 'agent') this.typingTimer = setTimeout(() => (this.typing.value = null), 8_000);
  }

  /** Until a language has been chosen, the page follows the one the resident writes in. */
  private followLang(text: string): void {
    if (langChosen.peek()) return;
    const written: Lang | null = /\p{Script=Han}/u.test(text) ? 'zh' : /[a-z]{2,}\s+[a-z]{2,}/i.test(text) ? 'en' : null;
    if (!written || written === lang.peek()) return;
    lang.value = written;
    this.socket.send({ type: 'lang', lang: written });
  }

  private expectAnswer(): void {
    clearTimeout(this.slowTimer);
    this.slow.value = false;
    if (this.state.peek().mode !== 'bot') return;
    this.slowTimer = setTimeout(() => (this.slow.value = this.socket.ready.peek()), SLOW_MS);
  }

  private answered(): void {
    clearTimeout(this.slowTimer);
    this.slow.value = false;
  }
}

/** The state fields of a frame, without its `type`. */
function pickState(frame: State): State {
  const { assistant, mode, ticket, position, wait_s, media, agent, consultation } = frame;
  return { assistant, mode, ticket, position, wait_s, media, agent, consultation };
}
