/** The whole conversation, the bot's part included. Cards are folded to a line and open on demand; who
 *  speaks is said in words, by side and by colour. Stays at the newest line while the agent is there. */
import { signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { CardView, knownCard } from '../lib/cards';
import { day, dayKey } from '../lib/format';
import { tag, textLang, tl } from '../lib/i18n';
import { Icon, type IconName } from '../lib/icons';
import type { Card, Message } from '../lib/types';
import { Avatar, Button, cx, StatusBadge, Timestamp, TypingDots } from '../lib/ui';
import { hot, nameOf } from './bits';
import type { Desk, Line } from './desk';
import type { Held } from './state';
import { t } from './text';

const GROUP_MS = 180_000;
const NEAR_PX = 48;
/** Tells the thread to go to its newest line (Alt+J). */
export const toNewest = signal(0);

const CARD_ICON: Record<Card['type'], IconName> = {
  answer: 'doc', choices: 'list', account: 'wallet', sign_in: 'shield', form: 'doc', checklist: 'list',
  handoff: 'headset', notice: 'info', rating: 'star',
  compare: 'list', bundle: 'list', centres: 'pin',
};

/** A card in one line: what it is, its name, and the fact it gave. */
export function digest(card: Card): { title: string; fact: string; code?: string } {
  switch (card.type) {
    case 'answer': return { title: card.name[card.lang], fact: card.headline, code: card.code };
    case 'choices': return { title: card.prompt, fact: card.choices.map((c) => c.title).join(' / ') };
    case 'account': return {
      title: card.title,
      fact: card.sides.map((s) => `${tl(`city.${s.city}`, undefined, card.lang)} ${s.state === 'ok' ? (s.headline ?? '') : tl(s.state === 'unavailable' ? 'account.unavailable' : 'account.no_account', undefined, card.lang)}`).join(' · '),
    };
    case 'sign_in': return { title: card.prompt, fact: tl(`signin.level.${card.level}`, undefined, card.lang) };
    case 'form': return { title: card.title, fact: tl('form.step', { step: card.step, steps: card.steps }, card.lang) };
    case 'checklist': return { title: card.title, fact: card.items.map((i) => i.text).join(' / '), ...(card.code ? { code: card.code } : {}) };
    case 'handoff': return { title: card.prompt, fact: '' };
    case 'notice': return { title: card.title || card.text, fact: card.title ? card.text : '' };
    case 'rating': return { title: card.prompt, fact: '' };
    case 'compare': return { title: card.title, fact: card.headline };
    case 'bundle': return { title: card.name[card.lang], fact: card.steps.map((s) => `${s.number}. ${s.name}`).join(' / '), code: card.id };
    case 'centres': return { title: card.title, fact: card.centres.map((c) => c.name).join(' / '), ...(card.code ? { code: card.code } : {}) };
  }
}

function Digest({ card }: { card: Card }): JSX.Element {
  const { title, fact, code } = digest(card);
  return (
    <details class={cx('digest', `digest-${card.type}`)} lang={tag(card.lang)}>
      <summary>
        <Icon name={CARD_ICON[card.type]} />
        <span class="digest-text">
          <span class="digest-title"><span class="digest-kind" lang={tag(card.lang)}>{t(`card.${card.type}`, undefined, card.lang)}</span> {title} {code && <span class="code">{code}</span>}</span>
          {fact && <span class="digest-fact">{fact}</span>}
          {card.type === 'answer' && <StatusBadge status={card.status} as={card.lang} />}
        </span>
        <Icon name="chevron" class="fold-arrow" />
      </summary>
      <div class="digest-card"><CardView card={card} host={{ live: false }} /></div>
    </details>
  );
}

function Delivery({ desk, line }: { desk: Desk; line: Line }): JSX.Element | null {
  const { pending } = line;
  if (!pending) return null;
  if (pending.state === 'failed') {
    return (
      <div class="delivery delivery-failed" role="alert">
        <span><Icon name="warning" />{pending.error?.message || t('talk.failed')}</span>
        <Button size="sm" icon="refresh" onClick={() => desk.socket.retry(pending.client_id)}>{tl('retry')}</Button>
        <Button
          size="sm" variant="quiet"
          onClick={() => { desk.socket.discard(pending.client_id); desk.insert(line.text); }}
        >{t('talk.edit')}</Button>
      </div>
    );
  }
  return <p class="delivery">{t(desk.socket.ready.value ? 'talk.sending' : 'talk.waiting_net')}</p>;
}

/** Who said a line, as the agent reads it. */
function who(line: Message, held: { ticket: Held['ticket'] }, desk: Desk): { name: string; role: string } {
  switch (line.author) {
    case 'resident': return { name: nameOf(held.ticket.resident), role: t('role.resident') };
    case 'bot': return { name: t('role.bot_name'), role: t('role.bot') };
    case 'agent': return { name: line.agent?.name ?? desk.agent.name, role: t('role.agent') };
    case 'system': return { name: t('role.system'), role: '' };
  }
}

function Row({ desk, line, first, held }: { desk: Desk; line: Line; first: boolean; held: { ticket: Held['ticket'] } }): JSX.Element {
  const cards = line.cards.filter(knownCard);
  const showText = line.text && (cards.length === 0 || cards.length < line.cards.length);
  const { name, role } = who(line, held, desk);
  const spoken = textLang(line.text || (cards[0] ? digest(cards[0]).title : ''));
  const foreign = line.author !== 'system' && line.text && spoken !== tag(held.ticket.lang);
  if (line.author === 'system') {
    return (
      <li class="say say-system">
        {showText && <p lang={spoken}><span class="sr-only">{name}：</span>{line.text} <Timestamp at={line.at} /></p>}
        {cards.map((card, i) => <Digest key={i} card={card} />)}
      </li>
    );
  }
  return (
    <li class={cx('say', `say-${line.author}`, first && 'say-first', line.pending && 'say-pending')}>
      <div class="say-side">{first && <Avatar kind={line.author} name={line.author === 'bot' ? null : line.author === 'resident' ? held.ticket.resident.name : name} />}</div>
      <div class="say-body">
        <p class={cx('say-meta', !first && 'sr-only')}>
          <b>{name}</b>{role && <span class="role">{role}</span>}
          {foreign && <span class="lang-tag">{spoken === 'en' ? 'EN' : '中'}</span>}
          <Timestamp at={line.at} />
        </p>
        {showText && <p class="bubble" lang={spoken}>{line.text}</p>}
        {cards.map((card, i) => <Digest key={i} card={card} />)}
        <Delivery desk={desk} line={line} />
      </div>
    </li>
  );
}

export function Thread({ desk, held, preview = false }: { desk: Desk; held: Held; preview?: boolean }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const pinned = useRef(true);
  const away = useSignal(false);
  const lines: readonly Line[] = preview ? held.messages : desk.lines(held);
  const id = held.ticket.id;
  const last = lines.at(-1);

  const bottom = (): void => {
    const node = box.current;
    if (node) node.scrollTop = node.scrollHeight;
    pinned.current = true;
    away.value = false;
  };
  const look = (): void => {
    const node = box.current;
    if (!preview && node && node.offsetParent !== null && pinned.current && document.visibilityState === 'visible') desk.seen(id);
  };
  useLayoutEffect(() => {
    if (pinned.current || last?.author === 'agent') bottom();
    look();
  }, [id, lines.length, last?.id, held.typing, desk.pane.value]);
  useEffect(() => {
    const node = box.current;
    if (!node || typeof ResizeObserver === 'undefined') return;
    // The keyboard, the call panel or a card may take room: the newest line stays in sight.
    const watch = new ResizeObserver(() => { if (pinned.current) bottom(); });
    watch.observe(node);
    if (list.current) watch.observe(list.current);
    document.addEventListener('visibilitychange', look);
    return () => { watch.disconnect(); document.removeEventListener('visibilitychange', look); };
  }, [id]);
  useEffect(() => { if (toNewest.value) bottom(); }, [toNewest.value]);

  const onScroll = (): void => {
    const node = box.current;
    if (!node) return;
    const now = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_PX;
    if (now !== pinned.current) {
      pinned.current = now;
      away.value = !now;
      if (now) look();
    }
  };
  const accepted = held.ticket.accepted_at;
  let marked = false;
  return (
    <div class={cx('thread-wrap', away.value && 'thread-away')}>
      <div class="thread" ref={box} onScroll={onScroll} tabIndex={0} id="thread" role="log" aria-label={t('talk.thread')} aria-live={preview ? 'off' : 'polite'}>
        <ol ref={list}>
          {lines.map((line, i) => {
            const before = lines[i - 1];
            const newDay = !before || dayKey(before.at) !== dayKey(line.at);
            const start = !preview && !marked && !!accepted && !line.pending && line.author !== 'bot' && line.at >= accepted;
            if (start) marked = true;
            const first = newDay || start || before.author !== line.author || Date.parse(line.at) - Date.parse(before.at) > GROUP_MS;
            return [
              newDay && <li key={`d${line.seq}`} class="rule"><span>{day(line.at)}</span></li>,
              start && i > 0 && <li key={`a${line.seq}`} class="rule rule-mine"><span>{t('talk.you_joined')}</span></li>,
              <Row key={line.seq} desk={desk} line={line} first={first} held={held} />,
            ];
          })}
          {lines.length === 0 && <li class="nothing"><Icon name="chat" /><p>{t('talk.nothing')}</p></li>}
        </ol>
        {held.typing && <p class="writing"><TypingDots label={t('talk.typing')} /><span aria-hidden="true">{t('talk.typing')}</span></p>}
      </div>
      <button type="button" class="newest" {...hot('newest', t('talk.newest'))} onClick={bottom}><Icon name="down" /><span>{t('talk.newest')}</span></button>
    </div>
  );
}
