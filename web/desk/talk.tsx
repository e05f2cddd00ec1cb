/** The middle column: the conversations as tabs in fixed places, and the one that is looked at. */
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { elapsed } from '../lib/format';
import { Icon } from '../lib/icons';
import { Badge, Button, cx, Skeleton } from '../lib/ui';
import { wakeSound } from './alerts';
import { sheet } from './app';
import { CityTag, hot, LangTag, MediaTag, nameOf } from './bits';
import { CallPanel } from './callpanel';
import { Composer } from './compose';
import type { Desk } from './desk';
import { keyOf, type Command } from './keys';
import { Glyph } from './glyph';
import { unread, type Held } from './state';
import { t } from './text';
import { Thread } from './thread';
import { WrapUp } from './wrapup';

/** Conversations an agent may hold at once (`desk/routing.py`, CAPACITY). */
const PLACES = 3;

function Tabs({ desk }: { desk: Desk }): JSX.Element {
  const { held } = desk.state.value;
  const bar = useRef<HTMLDivElement>(null);
  const empty = Math.max(0, PLACES - held.length);
  const current = desk.current.value?.ticket.id;
  const step = (event: KeyboardEvent): void => {
    const move = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (!move || held.length < 2) return;
    event.preventDefault();
    const at = held.findIndex((h) => h.ticket.id === current);
    desk.select(held[(at + move + held.length) % held.length]?.ticket.id ?? null);
    queueMicrotask(() => bar.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus());
  };
  return (
    <div class="tabs">
      {held.length > 0 && (
        <div class="tabs-held" role="tablist" aria-label={t('tabs.label')} ref={bar} onKeyDown={step}>
          {held.map((h, i) => {
            const n = unread(h);
            const on = h.ticket.id === current;
            const wrap = h.ticket.state === 'wrap_up' || h.overdue;
            return (
              <button
                key={h.ticket.id} type="button" role="tab" aria-selected={on} tabIndex={on ? 0 : -1} aria-controls="talk-panel" id={`tab-${h.ticket.id}`}
                class={cx('tab', on && 'tab-on', wrap && 'tab-wrap')} onClick={() => desk.select(h.ticket.id)}
                {...(i < PLACES ? hot(`tab${i + 1}` as Command, nameOf(h.ticket.resident)) : { title: nameOf(h.ticket.resident) })}
              >
                <Glyph name={wrap ? 'pen' : h.ticket.media === 'video' ? 'camera' : 'chat'} />
                <span class="tab-text">
                  <span class="tab-name">{nameOf(h.ticket.resident)}</span>
                  <span class="tab-sub">{wrap ? t('tabs.wrap') : h.typing ? t('talk.typing_short') : h.ticket.city ? t(`cityname.${h.ticket.city}`) : t('city.none')}</span>
                </span>
                <span class={cx('tab-count num', n > 0 && 'tab-unread')}>{n > 0 && <><span aria-hidden="true">{n}</span><span class="sr-only">{t('tabs.unread', { n })}</span></>}</span>
              </button>
            );
          })}
        </div>
      )}
      {Array.from({ length: empty }, (_, i) => <span key={i} class="tab tab-free" aria-hidden="true">{t('tabs.free')}</span>)}
    </div>
  );
}

function Head({ desk, held, preview }: { desk: Desk; held: Held; preview: boolean }): JSX.Element {
  const { ticket } = held;
  const ready = desk.socket.ready.value;
  const doing = desk.doing.value.get(ticket.id);
  return (
    <header class="talk-head">
      <div class="talk-who">
        <h2>{nameOf(ticket.resident)}</h2>
        <span class="talk-tags">
          <MediaTag media={ticket.media} /><CityTag city={ticket.city} /><LangTag value={ticket.lang} />
          {preview ? <Badge tone="warning" icon="eye">{t('talk.preview')}</Badge>
            : ticket.accepted_at && <span class="talk-time num" title={t('talk.since')}><Icon name="clock" /><span class="sr-only">{t('talk.since')} </span>{elapsed(desk.now.value - Date.parse(ticket.accepted_at))}</span>}
        </span>
      </div>
      {!preview && (
        <div class="talk-tools">
          <Button disabled={!ready || !!doing} {...hot('release', t('talk.release_hint'))} onClick={() => (sheet.value = 'release')}><span class="btn-wide">{t('talk.release')}</span><span class="btn-narrow">{t('talk.release_short')}</span></Button>
          <Button variant="primary" disabled={!ready || !!doing} busy={doing === 'end'} {...hot('end', t('talk.end'))} onClick={() => (sheet.value = 'end')}><span class="btn-wide">{t('talk.end')}</span><span class="btn-narrow">{t('talk.end_short')}</span></Button>
        </div>
      )}
    </header>
  );
}

/** Nobody is being served: what to do now, or that all is well. */
function Idle({ desk }: { desk: Desk }): JSX.Element {
  const { status, loaded } = desk.state.value;
  if (!loaded) return <div class="idle pad"><Skeleton lines={8} /></div>;
  const can = desk.agent.roles.includes('agent');
  return (
    <div class="idle">
      <span class={cx('idle-mark', `status-${status}`)}><Icon name={status === 'online' ? 'headset' : status === 'away' ? 'clock' : 'logout'} /></span>
      <h2>{t(can ? `idle.${status}` : 'idle.watch')}</h2>
      <p>{t(can ? `idle.${status}_text` : 'idle.watch_text')}</p>
      {can && status !== 'online' && (
        <Button variant="primary" size="lg" disabled={!desk.socket.ready.value} {...hot('online', t('idle.go_online'))} onClick={() => { wakeSound(); desk.setStatus('online'); }}>{t('idle.go_online')}</Button>
      )}
      <p class="idle-tip"><Glyph name="keyboard" />{t('idle.tip', { help: keyOf('help'), accept: keyOf('accept') })}</p>
    </div>
  );
}

export function Talk({ desk, held, preview }: { desk: Desk; held: Held | null; preview: boolean }): JSX.Element {
  const wrap = !!held && !preview && (held.ticket.state === 'wrap_up' || held.overdue);
  const line = desk.calls.line.value;
  const mine = !!held && line?.ticket === held.ticket.id && !wrap;
  return (
    <>
      <Tabs desk={desk} />
      <div class={cx('talk', desk.calls.large.value && mine && 'talk-large')} role={held && !preview ? 'tabpanel' : undefined} id="talk-panel" aria-labelledby={held && !preview ? `tab-${held.ticket.id}` : undefined}>
        {held && !wrap && <Head desk={desk} held={held} preview={preview} />}
        <CallPanel desk={desk} hidden={!mine} />
        {!held && <Idle desk={desk} />}
        {held && wrap && <WrapUp key={held.ticket.id} desk={desk} held={held} />}
        {held && !wrap && <Thread key={held.ticket.id} desk={desk} held={held} preview={preview} />}
        {held && !wrap && !preview && <Composer desk={desk} held={held} />}
        {held && preview && <p class="preview-foot"><Icon name="eye" />{t('talk.preview_text', { accept: keyOf('accept') })}</p>}
      </div>
    </>
  );
}
