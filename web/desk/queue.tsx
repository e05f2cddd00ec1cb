/** The left column: who is waiting, oldest first, and the camera that stands ready. Rows keep their
 *  place; only the time on them runs. */
import type { JSX } from 'preact';
import { Icon } from '../lib/icons';
import type { TicketBrief } from '../lib/types';
import { Button, cx, Skeleton } from '../lib/ui';
import { DeviceHelp, LevelMeter, VideoTile } from '../lib/video';
import { tl } from '../lib/i18n';
import { wakeSound } from './alerts';
import { sheet } from './app';
import { CityTag, LangTag, MediaTag, Tool, Wait } from './bits';
import type { Desk } from './desk';
import { t } from './text';

function Row({ item, now, mine }: { item: TicketBrief; now: number; mine: boolean }): JSX.Element {
  return (
    <li class={cx('q-row', item.state === 'offered' && 'q-offered', mine && 'q-mine')}>
      <span class="q-place num" aria-label={t('queue.place', { n: item.position ?? 0 })}>{item.position ?? '–'}</span>
      <span class="q-main">
        <span class="q-line"><CityTag city={item.city} /></span>
        <span class="q-sub"><LangTag value={item.lang} /><MediaTag media={item.media} short />{item.state === 'offered' && <span>{t(mine ? 'queue.offered_me' : 'queue.offered')}</span>}</span>
      </span>
      <Wait since={item.waiting_since} now={now} />
    </li>
  );
}

function Standby({ desk }: { desk: Desk }): JSX.Element | null {
  const { status } = desk.state.value;
  if (status !== 'online' || !desk.media.value.includes('video')) return null;
  const stream = desk.calls.standby.value;
  const fault = desk.calls.fault.value;
  const busy = desk.calls.view.value === 'live';
  if (fault && !desk.calls.line.value) return <section class="standby" aria-label={t('standby')}><DeviceHelp fault={fault} onRetry={() => void desk.calls.retry()} /></section>;
  return (
    <section class="standby standby-ok" aria-label={t('standby')}>
      <VideoTile stream={stream} label={tl('video.self')} mirror muted showVideo={!!stream?.getVideoTracks().length} />
      <div class="standby-side">
        <strong>{t(stream ? (busy ? 'standby.busy' : 'standby.ready') : 'standby.opening')}</strong>
        <small>{t(busy ? 'standby.busy_text' : 'standby.text')}</small>
        <div class="device-row"><Icon name="mic" /><LevelMeter stream={stream} /></div>
      </div>
      <Tool icon="gear" label={tl('video.settings')} command="devices" onClick={() => (sheet.value = 'devices')} />
    </section>
  );
}

export function Queue({ desk }: { desk: Desk }): JSX.Element {
  const { queue, loaded, offers, status } = desk.state.value;
  const now = desk.now.value;
  return (
    <>
      <header class="col-head">
        <h2 id="queue-title" tabIndex={-1}>{t('queue.title')}</h2>
        {loaded && <span class="count num" aria-label={t('strip.waiting', { n: queue.length })}>{queue.length}</span>}
        <small>{t('queue.order')}</small>
      </header>
      <div class="col-body" tabIndex={0} role="group" aria-label={t('queue.list')}>
        {!loaded ? <div class="pad"><Skeleton lines={6} /></div> : queue.length === 0 ? (
          <div class="nothing"><Icon name="success" /><strong>{t('queue.empty')}</strong><p>{t('queue.empty_text')}</p></div>
        ) : (
          <ol class="q-list">{queue.map((item) => <Row key={item.id} item={item} now={now} mine={offers.some((o) => o.ticket.id === item.id)} />)}</ol>
        )}
        {loaded && status !== 'online' && queue.length > 0 && desk.agent.roles.includes('agent') && (
          <div class="q-join"><p>{t('queue.join')}</p><Button variant="primary" disabled={!desk.socket.ready.value} onClick={() => { wakeSound(); desk.setStatus('online'); }}>{t('idle.go_online')}</Button></div>
        )}
      </div>
      <Standby desk={desk} />
    </>
  );
}
