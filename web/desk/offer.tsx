/** Someone is offered to this agent: who, what about, and how long there is to answer. Lies over the
 *  queue and takes no focus away, so that a reply being written goes on; Alt+A and Alt+X answer it. */
import type { JSX } from 'preact';
import { Icon } from '../lib/icons';
import { textLang } from '../lib/i18n';
import { Badge, Button, Spinner } from '../lib/ui';
import { CityTag, hot, LangTag, MediaTag, nameOf, Wait } from './bits';
import type { Desk } from './desk';
import { keyOf } from './keys';
import { t } from './text';

export function OfferPanel({ desk }: { desk: Desk }): JSX.Element {
  const offer = desk.offer.value;
  const more = desk.state.value.offers.length - 1;
  const lease = offer ? Math.round(offer.leaseMs / 1000) : 0;
  const left = offer ? Math.min(lease, Math.max(0, Math.ceil((offer.expiresAt - desk.now.value) / 1000))) : 0;
  const doing = offer ? desk.doing.value.get(offer.ticket.id) : undefined;
  const ready = desk.socket.ready.value;
  const ticket = offer?.ticket;
  return (
    <>
      {/* Stays in the page so that readers notice when something is put into it. */}
      <div class="sr-only" role="alert">
        {ticket && t('offer.spoken', { media: t(`media.${ticket.media}`), name: nameOf(ticket.resident), asked: ticket.summary.asked.at(-1) ?? '', accept: keyOf('accept'), decline: keyOf('decline') })}
      </div>
      {offer && ticket && (
        <section class="offer" aria-labelledby="offer-title">
          <header class="offer-head">
            <h2 id="offer-title">{t('offer.title')}</h2>
            {more > 0 && <Badge>{t('offer.more', { n: more })}</Badge>}
            <span class="offer-left num" role="timer" aria-label={t('offer.left', { n: left })}><b>{left}</b>{t('seconds')}</span>
            <progress class="offer-bar" max={lease} value={left} aria-label={t('offer.left', { n: left })} />
          </header>
          <div class="offer-body" tabIndex={0} role="region" aria-label={t('offer.about')}>
            <p class="offer-who">
              <strong>{nameOf(ticket.resident)}</strong>
              <Badge tone={ticket.resident.level >= 'L2' ? 'success' : 'neutral'} icon={ticket.resident.level >= 'L2' ? 'shield' : 'person'}>{t(`level.${ticket.resident.level as 'L0'}`)}</Badge>
            </p>
            <p class="offer-tags"><MediaTag media={ticket.media} /><CityTag city={ticket.city} /><LangTag value={ticket.lang} /><Wait since={ticket.waiting_since} now={desk.now.value} /></p>
            {ticket.summary.asked.length > 0 && (
              <div><h3>{t('info.asked')}</h3><ul class="quotes">{ticket.summary.asked.slice(-3).map((q, i) => <li key={i} lang={textLang(q)}>{q}</li>)}</ul></div>
            )}
            {ticket.summary.cards.length > 0 && (
              <div><h3>{t('info.cards')}</h3><ul class="shown">{ticket.summary.cards.map((c) => <li key={c.type + c.title}><Icon name={c.type === 'account' ? 'wallet' : 'doc'} /><span lang={textLang(c.title)}>{c.title}</span>{c.code && <span class="code">{c.code}</span>}</li>)}</ul></div>
            )}
            {ticket.media === 'video' && <p class="offer-video" role="status"><Icon name="camera" />{t(desk.calls.call.value?.phase.value === 'connected' ? 'offer.connected' : desk.calls.call.value ? 'offer.connecting' : 'offer.camera')}</p>}
          </div>
          <footer class="offer-foot">
            <Button variant="primary" size="lg" icon="check" disabled={!ready || !!doing} {...hot('accept', t('offer.accept'))} onClick={() => desk.accept()}>
              {doing === 'accept' ? t('offer.accepting') : t('offer.accept')}
            </Button>
            <Button size="lg" disabled={!ready || !!doing} {...hot('decline', t('offer.decline'))} onClick={() => desk.decline()}>
              {doing === 'decline' ? <Spinner label={t('offer.declining')} /> : t('offer.decline')}
            </Button>
          </footer>
        </section>
      )}
    </>
  );
}
