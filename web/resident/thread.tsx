/** The conversation. Stays at the newest message while the resident is there, shows the top of a card
 *  that is higher than the screen, and otherwise counts what is unread. */
import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { CardView, knownCard, type CardHost } from '../lib/cards';
import { day, dayKey } from '../lib/format';
import { textLang, tl } from '../lib/i18n';
import { Icon } from '../lib/icons';
import { Avatar, Button, cx, Skeleton, Timestamp, TypingDots } from '../lib/ui';
import { chat, consult, toPerson } from './app';
import type { Line } from './chat';
import { Empty } from './empty';
import { t } from './text';
import { Thumbs } from './thumbs';

const GROUP_MS = 180_000;
/** Messages this soon after a question count as its answer. */
const ANSWER_MS = 8_000;
const atBottom = signal(true);
/** Sequence after which the "new messages" line stands; null when there is none. */
const marker = signal<number | null>(null);

function dayName(iso: string): string {
  const now = Date.now();
  if (dayKey(iso) === dayKey(new Date(now).toISOString())) return t('thread.today');
  if (dayKey(iso) === dayKey(new Date(now - 86_400_000).toISOString())) return t('thread.yesterday');
  return day(iso);
}

function Delivery({ line }: { line: Line }): JSX.Element | null {
  const { pending } = line;
  if (!pending) return null;
  if (pending.state === 'failed') {
    return (
      <div class="delivery delivery-failed" role="alert">
        <span><Icon name="warning" />{pending.error?.message || t('thread.failed')}</span>
        <Button size="sm" icon="refresh" onClick={() => chat.socket.retry(pending.client_id)}>{tl('retry')}</Button>
        <Button size="sm" variant="quiet" onClick={() => chat.socket.discard(pending.client_id)}>{t('thread.discard')}</Button>
      </div>
    );
  }
  return <p class="delivery">{t(chat.socket.ready.value ? 'thread.sending' : 'thread.queued')}</p>;
}

function Row({ line, first, host }: { line: Line; first: boolean; host: CardHost }): JSX.Element {
  const cards = line.cards.filter(knownCard);
  const showText = line.text && (cards.length === 0 || cards.length < line.cards.length);
  const who = line.author === 'resident' ? t('thread.you')
    : line.author === 'agent' ? (line.agent?.name ?? t('thread.agent'))
    : line.author === 'bot' ? t('thread.bot') : t('thread.system');
  const left = line.author === 'bot' || line.author === 'agent';
  return (
    <li class={cx('row', `row-${line.author}`, first && 'row-first', cards.length > 0 && 'row-cards')} data-seq={line.seq}>
      {left && <div class="row-avatar">{first && <Avatar kind={line.author === 'agent' ? 'agent' : 'bot'} name={line.agent?.name} />}</div>}
      <div class="row-body">
        <p class={cx('row-meta', !(first && left) && 'sr-only')}><span>{who}</span> <Timestamp at={line.at} /></p>
        {showText && <p class="bubble" lang={textLang(line.text)}>{line.text}</p>}
        {cards.map((card, i) => <CardView key={`${line.id}-${i}`} card={card} host={host} />)}
        {line.author === 'bot' && cards.some((card) => card.type === 'answer') && <Thumbs line={line} />}
        {line.author === 'resident' && !line.pending && <p class="row-at" aria-hidden="true"><Timestamp at={line.at} /></p>}
        <Delivery line={line} />
      </div>
    </li>
  );
}

function Typing(): JSX.Element | null {
  const who = chat.typing.value;
  // The bot answers fast; until it says so itself, an unanswered question counts as being worked on.
  const waiting = chat.socket.ready.value && chat.state.value.mode === 'bot' && chat.lines.value.at(-1)?.author === 'resident'
    && chat.lines.value.at(-1)?.pending?.state !== 'failed' && chat.loaded.value;
  if (!who && !waiting) return null;
  return (
    <li class="row row-bot row-first">
      <div class="row-avatar"><Avatar kind={who === 'agent' ? 'agent' : 'bot'} name={who === 'agent' ? chat.state.value.agent?.name : null} /></div>
      <div class="row-body">
        <p class="bubble"><TypingDots label={t(who === 'agent' ? 'thread.typing.agent' : 'thread.typing.bot')} /></p>
        {chat.slow.value && <p class="delivery" role="status">{t('slow')}</p>}
      </div>
    </li>
  );
}

export function Thread(): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const shown = useRef('');
  const greeted = useRef(false);
  const askedAt = useRef(0);
  const lines = chat.lines.value;
  const { mode } = chat.state.value;
  const lastAsked = lines.findLastIndex((l) => l.author === 'resident');
  const empty = chat.loaded.value && !lines.length;
  const newest = lines.at(-1);

  // `scrollIntoView` also serves very low windows, where the page scrolls and not the thread.
  const toEnd = (): void => box.current?.lastElementChild?.scrollIntoView({ block: 'end' });

  /** To what is new: the line above it if it is more than a screen, otherwise the end. */
  const toNewest = (): void => {
    const node = box.current;
    const line = node?.querySelector<HTMLElement>('.unread-line');
    atBottom.value = true;
    if (node && line && node.scrollHeight - line.offsetTop > node.clientHeight) line.scrollIntoView({ block: 'start' });
    else toEnd();
    chat.markRead();
    node?.focus({ preventScroll: true });
  };

  // A new line while we stand at the end: follow it, but never past the top of a tall card.
  useLayoutEffect(() => {
    const node = box.current;
    const key = newest?.client_id ?? newest?.id ?? '';
    if (!node || !newest || key === shown.current) return;
    const mine = newest?.author === 'resident';
    shown.current = key;
    if (mine) marker.value = null;
    if (!atBottom.value && !mine) {
      marker.value ??= chat.readUpTo.peek();
      return;
    }
    if (mine) askedAt.current = Date.now();
    const rows = [...node.querySelectorAll<HTMLElement>('li[data-seq]')];
    // An answer may come as several messages: just after a question, its first one is what to read.
    const asking = !mine && Date.now() - askedAt.current < ANSWER_MS;
    const target = asking ? rows[lastAsked + 1] : rows.at(-1);
    const end = rows.at(-1);
    const height = target && end ? end.offsetTop + end.offsetHeight - target.offsetTop : 0;
    if (target && height > Math.min(node.clientHeight, innerHeight) - 40) target.scrollIntoView({ block: 'start' });
    else toEnd();
  }, [newest?.id, lines.length]);

  useEffect(() => {
    if (chat.typing.peek() && atBottom.peek()) toEnd();
  }, [chat.typing.value]);

  // After a call, which covered the thread: what came meanwhile, and the summary that follows.
  const called = useRef(false);
  const onCall = consult.view.value !== 'none';
  useEffect(() => {
    if (called.current && !onCall) {
      toEnd();
      atBottom.value = true;
    }
    called.current = onCall;
  }, [onCall]);

  // Growing images, folds and the keyboard change the height; stay at the end if we were there.
  useEffect(() => {
    const node = box.current;
    if (!node || typeof ResizeObserver === 'undefined') return;
    let height = node.clientHeight;
    const watch = new ResizeObserver(() => {
      if (node.clientHeight < height && atBottom.peek() && chat.lines.peek().length) toEnd();
      height = node.clientHeight;
    });
    watch.observe(node);
    return () => watch.disconnect();
  }, []);

  const seen = (): void => {
    if (!document.hidden && atBottom.value) chat.markRead();
  };
  useEffect(() => {
    if (!chat.loaded.value) return;
    // Unread because the page was away: hidden, or closed since.
    if (chat.unread.peek() && chat.readUpTo.peek() && (document.hidden || !greeted.current)) marker.value ??= chat.readUpTo.peek();
    greeted.current = true;
    seen();
    document.addEventListener('visibilitychange', seen);
    return () => document.removeEventListener('visibilitychange', seen);
  }, [lines.length, chat.loaded.value]);

  const onScroll = (): void => {
    const node = box.current;
    if (!node) return;
    const last = [...node.querySelectorAll<HTMLElement>('li[data-seq]')].at(-1);
    const end = node.scrollHeight - node.scrollTop - node.clientHeight;
    // The top of the newest message in view counts as having arrived there.
    atBottom.value = end < 80 || (!!last && last.offsetTop < node.scrollTop + node.clientHeight - 60);
    seen();
  };

  const host: CardHost = {
    choose: mode === 'human' ? undefined : (token, title) => chat.choose(token, title),
    say: (text) => chat.say(text),
    handoff: toPerson,
    cancelHandoff: () => chat.cancelHandoff(),
    rate: (ticket, score, comment) => chat.rate(ticket, score, comment),
    state: chat.state.value,
    identity: chat.identity.value,
  };

  let before: Line | undefined;
  let lineDrawn = false;
  return (
    <div class="thread-frame">
      <h2 class="sr-only">{t('thread.label')}</h2>
      <div
        ref={box} class="thread" role="log" aria-label={t('thread.label')} tabIndex={0} onScroll={onScroll}
        aria-live={chat.loaded.value ? 'polite' : 'off'} aria-busy={!chat.loaded.value}
      >
        {!chat.loaded.value && !lines.length ? <div class="thread-loading"><Skeleton lines={4} /></div> : null}
        {empty && <Empty />}
        <ol class="rows">
          {lines.map((line, i) => {
            const newDay = !before || dayKey(before.at) !== dayKey(line.at);
            const first = newDay || before?.author !== line.author || Date.parse(line.at) - Date.parse(before.at) > GROUP_MS;
            const unreadHere = !lineDrawn && marker.value !== null && line.seq > marker.value && line.author !== 'resident';
            lineDrawn ||= unreadHere;
            before = line;
            return [
              newDay && <li key={`d${line.id}`} class="day"><span>{dayName(line.at)}</span></li>,
              unreadHere && <li key="unread" class="unread-line"><span>{t('thread.unread_line')}</span></li>,
              <Row key={line.client_id ?? line.id} line={line} first={first} host={{ ...host, live: i > lastAsked }} />,
            ];
          })}
          <Typing />
        </ol>
      </div>
      {!atBottom.value && lines.length > 0 && (
        <button type="button" class="to-newest" onClick={toNewest}>
          <Icon name="down" />
          <span class="sr-only">{t('thread.newest')}</span>
          {chat.unread.value > 0 && <span>{t('thread.unread', { n: chat.unread.value })}</span>}
        </button>
      )}
    </div>
  );
}
