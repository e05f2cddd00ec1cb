/**
 * The desk of one signed-in agent: its state, its socket, and everything the agent can do. Components
 * read the signals and call the methods. Nothing said or reported is lost: see `lib/socket.ts`.
 */
import { batch, computed, effect, signal } from '@preact/signals';
import { announce, toast } from '../lib/overlay';
import { lang, store } from '../lib/prefs';
import { Socket, StopConnecting, type Outgoing } from '../lib/socket';
import { tl } from '../lib/i18n';
import type { Agent, DeskFrame, Media, Message, WireError } from '../lib/types';
import { chime, showTitle } from './alerts';
import { ApiError, me, ticket as fetchTicket } from './api';
import { Calls } from './calls';
import { Drafts, type Report } from './drafts';
import { change, drop, EMPTY, insert, markRead, reduce, unread, type DeskState, type Held, type Note, type Status } from './state';
import { t } from './text';

export type Pane = 'queue' | 'talk' | 'side';
export type Side = 'info' | 'search' | 'phrases';
export type Doing = 'accept' | 'decline' | 'end' | 'release';

type Frame = DeskFrame & { event?: number; consultation?: string; ticket?: unknown };

/** A line of a thread: stored, or still on its way. */
export interface Line extends Message { pending?: Outgoing }

const PATIENCE_MS = 8_000;
const TYPING_MS = 3_000;
const TYPING_ENDS_MS = 8_000;
const CLOCK_SLACK_MS = 5_000;

/** Deliveries of a ticket that are not in the thread yet. The server does not repeat the id of an
 *  agent's message, so one that arrived before its acknowledgement is known by its words. */
export function stillOut(messages: readonly Message[], outbox: readonly Outgoing[], skew: number): Outgoing[] {
  const free = messages.filter((m) => m.author === 'agent');
  return outbox.filter((item) => {
    const since = Date.parse(item.at) + skew - CLOCK_SLACK_MS;
    const at = free.findIndex((m) => m.client_id === item.client_id || (m.text === item.frame.text && Date.parse(m.at) >= since));
    if (at >= 0) free.splice(at, 1);
    return at < 0;
  });
}

export class Desk {
  readonly state = signal<DeskState>(EMPTY);
  readonly socket: Socket<Frame>;
  readonly drafts: Drafts;
  readonly calls: Calls;
  readonly selected = signal<string | null>(null);
  readonly pane = signal<Pane>('queue');
  readonly side = signal<Side>('info');
  readonly media = signal<readonly Media[]>([]);
  readonly doing = signal<ReadonlyMap<string, Doing>>(new Map());
  /** The server's clock, to the second. */
  readonly now = signal(Date.now());
  skew = 0;

  readonly current = computed<Held | null>(() => this.state.value.held.find((h) => h.ticket.id === this.selected.value) ?? null);
  readonly offer = computed(() => this.state.value.offers[0] ?? null);
  readonly unreadElsewhere = computed(() => this.state.value.held.reduce((n, h) => n + unread(h), 0));

  private heart: Worker | null = null;
  private readonly stops: (() => void)[] = [];
  private readonly doingTimers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly typingTimers = new Map<string, ReturnType<typeof setTimeout>>();
  private typingSent = { ticket: '', at: 0 };

  constructor(readonly agent: Agent, private readonly onSignedOut: (expired: boolean) => void, options: { WebSocketImpl?: typeof WebSocket } = {}) {
    this.state.value = { ...EMPTY, agent };
    this.drafts = new Drafts(agent.id);
    this.media.value = this.rememberedMedia();
    this.socket = new Socket<Frame>({
      url: '/ws/desk',
      name: `desk.${agent.id}`,
      hello: () => ({ type: 'hello', after: this.state.peek().seq }),
      prepare: () => this.prepare(),
      onFrame: (frame) => this.receive(frame),
      WebSocketImpl: options.WebSocketImpl,
    });
    this.calls = new Calls({
      offer: (consultation, sdp) => void this.socket.send({ type: 'rtc.offer', consultation, sdp }),
      leave: (consultation) => void this.socket.send({ type: 'rtc.leave', consultation }),
      media: (consultation, audio, video) => void this.socket.send({ type: 'rtc.media', consultation, audio, video }),
    }, () => this.state.peek().ice);
  }

  start(): void {
    this.socket.start();
    this.beat();
    const tick = setInterval(() => (this.now.value = Date.now() + this.skew), 1000);
    this.stops.push(
      () => clearInterval(tick),
      effect(() => {
        if (this.socket.link.value === 'stopped') queueMicrotask(() => this.onSignedOut(true));
      }),
      effect(() => this.calls.follow(this.state.value, this.state.value.status, this.media.value)),
      effect(() => this.title()),
    );
  }

  stop(): void {
    for (const stop of this.stops.splice(0)) stop();
    this.heart?.terminate();
    this.calls.close();
    this.socket.stop();
    showTitle(t('title'), null);
  }

  // -- what the agent does ---------------------------------------------------------------------

  setStatus(status: Status): void {
    this.sendPresence(status, this.media.peek());
  }

  setMedia(media: readonly Media[]): void {
    if (!media.length) return;
    this.media.value = media;
    store.set(`sg.desk.media.${this.agent.id}`, media.join(','));
    if (this.state.peek().status === 'online') this.sendPresence('online', media);
  }

  act(what: Doing, id: string): boolean {
    if (this.doing.peek().has(id) || !this.socket.send({ type: what, ticket: id })) return false;
    const next = new Map(this.doing.peek()).set(id, what);
    this.doing.value = next;
    this.doingTimers.set(id, setTimeout(() => this.done(id), PATIENCE_MS));
    return true;
  }

  accept(): void {
    const offer = this.offer.peek();
    if (offer) this.act('accept', offer.ticket.id);
  }

  decline(): void {
    const offer = this.offer.peek();
    if (offer) this.act('decline', offer.ticket.id);
  }

  select(id: string | null): void {
    batch(() => {
      this.selected.value = id;
      if (id) this.pane.value = 'talk';
    });
  }

  say(id: string, text: string): void {
    const clean = text.trim();
    if (!clean) return;
    this.socket.deliver({ type: 'say', ticket: id, text: clean });
    this.drafts.setReply(id, '');
    this.wrote(id, false);
  }

  /** The agent is writing, said at most every 3 s; or stopped. */
  wrote(id: string, on: boolean): void {
    const now = Date.now();
    if (on && this.typingSent.ticket === id && now - this.typingSent.at < TYPING_MS) return;
    if (!on && !this.typingSent.at) return;
    this.typingSent = { ticket: id, at: on ? now : 0 };
    this.socket.send({ type: 'typing', ticket: id, on });
  }

  /** Text put into the reply that is being written. */
  insert(text: string): void {
    const id = this.selected.peek();
    if (!id) return;
    const before = this.drafts.reply(id).peek();
    this.drafts.setReply(id, before.trim() ? `${before.replace(/\s+$/, '')}\n${text}` : text);
    this.pane.value = 'talk';
  }

  seen(id: string): void {
    const next = markRead(this.state.peek(), id);
    if (next !== this.state.peek()) this.state.value = next;
  }

  report(id: string, report: Report): void {
    if (!report.outcome || !report.summary.trim()) return;
    if (report.client_id) this.socket.discard(report.client_id);
    const client_id = this.socket.deliver({
      type: 'wrap_up', ticket: id, summary: report.summary.trim(), outcome: report.outcome,
      codes: report.codes.map((c) => c.code), note: report.note.trim(),
    });
    this.drafts.setReport(id, { client_id });
  }

  /** Gives a report up that the server will not take any more. */
  dismiss(id: string): void {
    const { client_id } = this.drafts.report(id).peek();
    if (client_id) this.socket.discard(client_id);
    this.finish(id);
  }

  lines(held: Held): Line[] {
    const out = this.socket.outbox.value.filter((o) => o.frame.type === 'say' && o.frame.ticket === held.ticket.id);
    const waiting = stillOut(held.messages, out, this.skew).map((o, i): Line => ({
      seq: Number.MAX_SAFE_INTEGER - 1000 + i, id: o.client_id, author: 'agent', at: o.at,
      text: String(o.frame.text ?? ''), cards: [], client_id: o.client_id, pending: o,
    }));
    return [...held.messages, ...waiting];
  }

  // -- inside ----------------------------------------------------------------------------------

  private rememberedMedia(): Media[] {
    const kept = (store.get(`sg.desk.media.${this.agent.id}`) ?? '').split(',');
    const able = this.agent.media.filter((m) => kept.includes(m));
    return able.length ? able : [...this.agent.media];
  }

  private sendPresence(status: Status, media: readonly Media[]): void {
    const sent = this.socket.send({ type: 'presence', status, media: status === 'online' ? media : [] });
    if (!sent) toast(tl('net.retrying'), 'warning');
  }

  private async prepare(): Promise<void> {
    try {
      const { agent, skew } = await me();
      if (agent.id !== this.agent.id) throw new StopConnecting();
      this.skew = skew;
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) throw new StopConnecting();
      throw error;
    }
  }

  private beat(): void {
    const send = (): void => void this.socket.send({ type: 'heartbeat' });
    try {
      this.heart = new Worker(new URL('./pulse.ts', import.meta.url), { type: 'module' });
      this.heart.onmessage = send;
      this.heart.onerror = () => this.beatHere(send);
    } catch {
      this.beatHere(send);
    }
  }

  private beatHere(send: () => void): void {
    const timer = setInterval(send, 10_000);
    this.stops.push(() => clearInterval(timer));
  }

  private receive(frame: Frame): void {
    switch (frame.type) {
      case 'rtc.answer': return this.calls.answer(frame.consultation, frame.sdp);
      case 'rtc.state': return this.calls.state(frame);
      case 'error': return this.failed(frame.error, frame.client_id, frame.ticket as string | undefined, frame.consultation);
      case 'ack': return this.acked(frame.client_id, frame.seq);
      case 'pong': return;
    }
    const [next, notes] = reduce(this.state.peek(), frame, Date.now() + this.skew);
    batch(() => {
      this.state.value = next;
      if (frame.type === 'welcome') this.welcomed(next);
      if (frame.type === 'ticket') this.done(frame.ticket.id, notes);
      if (frame.type === 'offer.gone') this.done(frame.ticket, notes);
      for (const note of notes) this.tell(note);
      this.settle();
    });
    if (frame.type === 'typing' && frame.ticket && frame.on) this.forgetTyping(frame.ticket);
  }

  private welcomed(state: DeskState): void {
    for (const id of [...this.doing.peek().keys()]) this.done(id);
    if (!this.selected.peek() && state.held.length) this.selected.value = state.held[0]?.ticket.id ?? null;
    this.calls.resumed();
    void this.owed(state);
  }

  /** Reports that were begun and whose ticket the server has closed meanwhile. */
  private async owed(state: DeskState): Promise<void> {
    for (const id of this.drafts.begun()) {
      if (state.held.some((h) => h.ticket.id === id)) continue;
      try {
        const late = await fetchTicket(id);
        const { messages = [], ...ticket } = late;
        if (late.state !== 'closed' || late.agent !== this.agent.id) this.drafts.forget(id);
        else if (!this.state.peek().held.some((h) => h.ticket.id === id)) {
          const held: Held = { ticket, messages, typing: false, read: messages.at(-1)?.seq ?? 0, overdue: true };
          this.state.value = { ...this.state.peek(), held: [...this.state.peek().held, held] };
          this.settle();
        }
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) this.drafts.forget(id);
      }
    }
  }

  private acked(client_id: string, seq: number | undefined): void {
    const item = this.socket.outbox.peek().find((o) => o.client_id === client_id);
    const id = item?.frame.ticket;
    if (!item || typeof id !== 'string') return;
    if (item.frame.type === 'wrap_up') {
      toast(t('wrap.saved'), 'success', 3000);
      return this.finish(id);
    }
    if (seq === undefined) return;
    // Until the thread brings it, so that the line does not blink.
    this.state.value = change(this.state.peek(), id, (h) => (h.messages.some((m) => m.seq === seq) ? h : {
      ...h,
      messages: insert(h.messages, {
        seq, id: client_id, author: 'agent', at: new Date(Date.parse(item.at) + this.skew).toISOString(),
        text: String(item.frame.text ?? ''), cards: [], client_id, agent: { name: this.agent.name },
      }),
    }));
  }

  private finish(id: string): void {
    this.drafts.forget(id);
    this.state.value = drop(this.state.peek(), id);
    this.settle();
  }

  /** A conversation that is gone is not shown any more; the next one is. */
  private settle(): void {
    const { held } = this.state.peek();
    const id = this.selected.peek();
    if (id && held.some((h) => h.ticket.id === id)) return;
    const next = held.find((h) => unread(h) > 0) ?? held[0];
    if (id || next) this.selected.value = next?.ticket.id ?? null;
    if (id && !next) this.pane.value = 'queue';
  }

  private done(id: string, notes: readonly Note[] = []): void {
    const what = this.doing.peek().get(id);
    if (!what) return;
    clearTimeout(this.doingTimers.get(id));
    this.doingTimers.delete(id);
    const next = new Map(this.doing.peek());
    next.delete(id);
    this.doing.value = next;
    // What the agent did himself needs no telling.
    const own: Partial<Record<Doing, Note['kind'][]>> = { decline: ['lapsed'], end: ['resident_left'], release: ['returned'] };
    for (const kind of own[what] ?? []) {
      const at = notes.findIndex((n) => n.kind === kind);
      if (at >= 0) (notes as Note[]).splice(at, 1);
    }
  }

  private tell(note: Note): void {
    switch (note.kind) {
      case 'offer':
        chime('offer');
        return;
      case 'accepted':
        this.select(note.ticket);
        return announce(t('talk.accepted'));
      case 'message':
        if (this.selected.peek() !== note.ticket || document.visibilityState === 'hidden') chime('message');
        return;
      case 'resident_left': return toast(t('note.resident_left'), 'info');
      case 'lapsed': return toast(t('note.lapsed'), 'warning');
      case 'taken': return toast(t('note.taken'), 'info');
      case 'cancelled': return toast(t('note.cancelled'), 'info');
      case 'returned': return toast(t('note.returned'), 'warning');
      case 'overdue': return toast(t('note.overdue'), 'warning');
    }
  }

  private failed(error: WireError, client_id?: string, ticket?: string, consultation?: string): void {
    if (consultation) return this.calls.refused(consultation, error);
    const item = client_id ? this.socket.outbox.peek().find((o) => o.client_id === client_id) : undefined;
    if (item) return; // shown where it was written
    if (ticket) this.done(ticket);
    // A frame the server did not understand names nothing; the agent could do nothing about it.
    else if (error.code === 'desk_bad_frame') return;
    toast(error.message || tl('error.generic'), 'warning');
  }

  private forgetTyping(id: string): void {
    clearTimeout(this.typingTimers.get(id));
    this.typingTimers.set(id, setTimeout(() => {
      this.state.value = change(this.state.peek(), id, (h) => ({ ...h, typing: false }));
    }, TYPING_ENDS_MS));
  }

  private title(): void {
    void lang.value;
    const n = this.unreadElsewhere.value;
    const base = n ? t('title.unread', { n }) : t('title');
    showTitle(base, this.offer.value ? t('title.offer') : null);
  }
}
