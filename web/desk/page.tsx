/** The desk page: three columns on a wide screen, one at a time with tabs below on a narrow one. What
 *  is wide and what is narrow is decided in `desk.css`, in the reader's own text size. */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { setLang, lang } from '../lib/prefs';
import { Overlay } from '../lib/overlay';
import { cx } from '../lib/ui';
import { wakeSound } from './alerts';
import { desk as current, session, sheet } from './app';
import { Context } from './context';
import type { Desk, Pane, Side } from './desk';
import { Glyph, type AnyIcon } from './glyph';
import { commandOf, isWriting, type Command } from './keys';
import { OfferPanel } from './offer';
import { singleKeys } from './prefs';
import { Queue } from './queue';
import { Sheets } from './sheets';
import { Gate } from './signin';
import { unread, type Held } from './state';
import { Talk } from './talk';
import { t } from './text';
import { toNewest } from './thread';
import { Topbar } from './topbar';

/** An offer, as far as it can be looked at like a conversation. */
function previewOf(desk: Desk): Held | null {
  const offer = desk.offer.value;
  return offer && { ticket: offer.ticket, messages: offer.messages, typing: false, read: Infinity, overdue: false };
}

const focus = (selector: string): void => {
  // After the pane has been drawn.
  setTimeout(() => document.querySelector<HTMLElement>(selector)?.focus(), 30);
};

function openSide(desk: Desk, side: Side, target: string): void {
  desk.side.value = side;
  desk.pane.value = 'side';
  focus(target);
}

/** What each shortcut does. Returns false when there is nothing for it to do here. */
export function perform(desk: Desk, command: Command): boolean {
  const held = desk.current.peek();
  const active = held?.ticket.state === 'active';
  const call = desk.calls.call.peek();
  const can = desk.socket.ready.peek();
  switch (command) {
    case 'accept': desk.accept(); return !!desk.offer.peek();
    case 'decline': desk.decline(); return !!desk.offer.peek();
    case 'tab1': case 'tab2': case 'tab3': {
      const to = desk.state.peek().held[Number(command.slice(3)) - 1];
      if (to) desk.select(to.ticket.id);
      return !!to;
    }
    case 'next': {
      const list = desk.state.peek().held;
      const at = list.findIndex((h) => h.ticket.id === held?.ticket.id);
      const ring = [...list.slice(at + 1), ...list.slice(0, at + 1)];
      const to = ring.find((h) => unread(h) > 0) ?? ring[0];
      if (to) desk.select(to.ticket.id);
      return !!to;
    }
    case 'reply': desk.pane.value = 'talk'; focus('#compose, #wrap-summary'); return true;
    case 'thread': desk.pane.value = 'talk'; focus('#thread'); return true;
    case 'newest': toNewest.value += 1; return true;
    case 'info': openSide(desk, 'info', '#side-info'); return true;
    case 'search': openSide(desk, 'search', '#search-box'); return true;
    case 'phrases': openSide(desk, 'phrases', '.phrase'); return true;
    case 'queue': desk.pane.value = 'queue'; focus('#queue-title'); return true;
    case 'end': case 'release':
      if (active && can) sheet.value = command;
      return active;
    case 'mute': call?.setMic(!call.micOn.peek()); return !!call;
    case 'camera': call?.setCam(!call.camOn.peek()); return !!call;
    case 'hangup': desk.calls.leave(); return !!call;
    case 'enlarge': desk.calls.large.value = !!call && !desk.calls.large.peek(); return !!call;
    case 'devices': sheet.value = 'devices'; return true;
    case 'online': case 'away': case 'offline': wakeSound(); desk.setStatus(command); return true;
    case 'lang': setLang(lang.peek() === 'zh' ? 'en' : 'zh'); return true;
    case 'help': case 'settings': case 'logout': sheet.value = command; return true;
    case 'send_report': {
      const form = document.querySelector<HTMLFormElement>('#wrap-form');
      form?.requestSubmit();
      return !!form;
    }
    default: return false;
  }
}

function useKeys(desk: Desk): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      // In a dialog its own keys count; only an offer can still be answered.
      const command = commandOf(event, isWriting(event.target), singleKeys.peek());
      if (!command || (sheet.peek() && command !== 'accept' && command !== 'decline')) return;
      if (perform(desk, command)) event.preventDefault();
    };
    const wake = (): void => wakeSound();
    addEventListener('keydown', press);
    addEventListener('pointerdown', wake, { once: true });
    return () => { removeEventListener('keydown', press); removeEventListener('pointerdown', wake); };
  }, [desk]);
}

function PaneBar({ desk }: { desk: Desk }): JSX.Element {
  const { queue } = desk.state.value;
  const n = desk.unreadElsewhere.value;
  const panes: { value: Pane; icon: AnyIcon; count: number; word: string }[] = [
    { value: 'queue', icon: 'queue', count: queue.length, word: t('strip.waiting', { n: queue.length }) },
    { value: 'talk', icon: 'chat', count: n, word: t('tabs.unread', { n }) },
    { value: 'side', icon: 'info', count: 0, word: '' },
  ];
  return (
    <nav class="panes" aria-label={t('panes.label')}>
      {panes.map(({ value, icon, count, word }) => (
        <button key={value} type="button" class={cx('pane', desk.pane.value === value && 'pane-on')} aria-current={desk.pane.value === value ? 'page' : undefined} onClick={() => (desk.pane.value = value)}>
          <Glyph name={icon} /><span>{t(`pane.${value}`)}</span>
          {count > 0 && <><b class={cx('pane-count num', value === 'talk' && 'tab-unread')} aria-hidden="true">{count}</b><span class="sr-only">{word}</span></>}
        </button>
      ))}
    </nav>
  );
}

function DeskPage({ desk }: { desk: Desk }): JSX.Element {
  useKeys(desk);
  const shown = desk.current.value ?? previewOf(desk);
  const preview = !!shown && !desk.current.value;
  return (
    <div class="desk" data-pane={desk.pane.value}>
      <a class="skip-link" href="#talk-panel" onClick={(e) => { e.preventDefault(); perform(desk, 'reply'); }}>{t('skip')}</a>
      <Topbar desk={desk} />
      <main class="cols">
        <section class="col col-queue" aria-labelledby="queue-title"><Queue desk={desk} /></section>
        <section class="col col-talk" aria-label={t('pane.talk')}><Talk desk={desk} held={shown} preview={preview} /></section>
        <section class="col col-side" aria-labelledby="side-title"><Context desk={desk} held={shown} preview={preview} /></section>
        <OfferPanel desk={desk} />
      </main>
      <PaneBar desk={desk} />
      <Sheets desk={desk} />
    </div>
  );
}

export function App(): JSX.Element {
  const mine = current.value;
  return <>{session.value === 'in' && mine ? <DeskPage key={mine.agent.id} desk={mine} /> : <Gate />}<Overlay /></>;
}
