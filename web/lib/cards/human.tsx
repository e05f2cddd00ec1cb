/** Cards around a person: the way there, and how it went. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { minutes } from '../format';
import { tag, tl, type Params } from '../i18n';
import { Icon } from '../icons';
import { store } from '../prefs';
import type { HandoffCard, Media, RatingCard } from '../types';
import { Button, CardShell, cx, LinkButton } from '../ui';
import type { CardHost } from './host';

/** The two ways to a person, as large buttons. */
export function ModeButtons({ modes, lang, onPick, disabled }: {
  modes: Media[]; lang?: 'zh' | 'en'; onPick: (mode: Media) => void; disabled?: boolean;
}): JSX.Element {
  return (
    <div class="modes">
      {modes.map((mode) => (
        <button key={mode} type="button" class="mode" disabled={disabled} onClick={() => onPick(mode)}>
          <Icon name={mode === 'text' ? 'chat' : 'camera'} />
          <strong>{tl(`handoff.${mode}`, undefined, lang)}</strong>
          <small>{tl(`handoff.${mode}.hint`, undefined, lang)}</small>
        </button>
      ))}
    </div>
  );
}

/** Place and wait, from whoever knows them best. */
export function QueueFacts({ position, wait, lang }: { position: number | null; wait: number | null; lang?: 'zh' | 'en' }): JSX.Element {
  const t = (key: Parameters<typeof tl>[0], params?: Params): string => tl(key, params, lang);
  return (
    <div class="queue-facts">
      {position !== null && <strong class="num">{position <= 1 && wait !== null ? t('handoff.next') : t('handoff.position', { n: position })}</strong>}
      <span class="num"><Icon name="clock" />{wait === null ? t('handoff.wait.unknown') : t('handoff.wait', { minutes: minutes(wait) })}</span>
    </div>
  );
}

export function Handoff({ card, host }: { card: HandoffCard; host: CardHost }): JSX.Element {
  const t = (key: Parameters<typeof tl>[0], params?: Params): string => tl(key, params, card.lang);
  const { state } = host;
  // A queued card follows the live state of its own ticket; an old one shows what was true then.
  const mine = !!state && !!card.ticket && state.ticket === card.ticket && state.mode !== 'bot';
  const waiting = mine && (state.mode === 'queued' || state.mode === 'offered');
  const now = mine && state.mode === 'human' ? 'accepted' : card.state;
  // Somebody else's queue, or one left long ago: its place and wait no longer mean anything.
  const past = now === 'queued' && !!state && !waiting;
  return (
    <CardShell label={t('handoff.title')} lang={tag(card.lang)} class={cx('handoff', `handoff-${now}`)}>
      <header class="account-head">
        <Icon name="headset" />
        <div><h3>{t('handoff.title')}</h3>{card.prompt && <p>{card.prompt}</p>}</div>
      </header>
      {now === 'offer' && (
        <>
          <QueueFacts position={null} wait={card.wait_s} lang={card.lang} />
          <ModeButtons
            modes={card.modes} lang={card.lang} onPick={(mode) => host.handoff?.(mode)}
            disabled={!host.handoff || host.live === false || (!!state && state.mode !== 'bot')}
          />
        </>
      )}
      {now === 'queued' && (
        waiting
          ? <><QueueFacts position={state.position} wait={state.wait_s} lang={card.lang} />
              {host.cancelHandoff && <Button variant="quiet" icon="close" onClick={host.cancelHandoff}>{t('handoff.cancel')}</Button>}</>
          : !past && <QueueFacts position={card.position} wait={card.wait_s} lang={card.lang} />
      )}
      {now === 'accepted' && <p class="prompt">{t('handoff.accepted', { agent: state?.agent?.name ?? card.agent ?? '' })}</p>}
      {now === 'ended' && <p class="prompt">{t('handoff.ended')}</p>}
      {now === 'closed' && <p class="prompt">{t('handoff.closed')}</p>}
      {(now === 'offer' || now === 'queued' || now === 'closed') && !past && card.hotline && (
        <LinkButton href={`tel:${card.hotline}`} variant="quiet" icon="phone">{t('handoff.hotline', { n: card.hotline })}</LinkButton>
      )}
    </CardShell>
  );
}

export function Rating({ card, host }: { card: RatingCard; host: CardHost }): JSX.Element {
  const id = useId();
  const key = `sg.rated.${card.ticket}`;
  const sent = useSignal<number>(card.score ?? Number(store.get(key) ?? 0));
  const score = useSignal(0);
  const comment = useSignal('');
  const t = (k: Parameters<typeof tl>[0], params?: Params): string => tl(k, params, card.lang);
  const word = (n: number): string => t(`rating.${n as 1 | 2 | 3 | 4 | 5}`);
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!score.value || !host.rate?.(card.ticket, score.value, comment.value.trim())) return;
    sent.value = score.value;
    store.set(key, String(score.value));
  };
  return (
    <CardShell label={card.prompt} lang={tag(card.lang)} class="rating">
      {card.summary && <section class="recap"><h3>{t('rating.summary')}</h3><p class="pre">{card.summary}</p></section>}
      {sent.value > 0 ? (
        <p class="rated" role="status">
          <span class="stars-row" role="img" aria-label={t('rating.star', { n: sent.value, word: word(sent.value) })}>
            {[1, 2, 3, 4, 5].map((n) => <Icon key={n} name="star" filled={n <= sent.value} />)}
          </span>
          {t('rating.done')}
        </p>
      ) : (
        <form class="stack" onSubmit={submit}>
          <fieldset class="stars">
            <legend>{card.prompt || t('rating.legend')}</legend>
            <div class="stars-row">
              {[1, 2, 3, 4, 5].map((n) => (
                <label key={n} class={cx('star', n <= score.value && 'star-on')}>
                  <input type="radio" class="sr-only" name={`${id}s`} value={n} checked={score.value === n} onChange={() => (score.value = n)} disabled={!host.rate} />
                  <Icon name="star" filled={n <= score.value} />
                  <span class="sr-only">{t('rating.star', { n, word: word(n) })}</span>
                </label>
              ))}
              <span class="star-word" aria-hidden="true">{score.value ? word(score.value) : ''}</span>
            </div>
          </fieldset>
          {score.value > 0 && (
            <>
              <label class="field-label" for={`${id}c`}>{t('rating.comment')}</label>
              <textarea id={`${id}c`} class="input" rows={2} maxLength={500} value={comment.value} onInput={(e) => (comment.value = e.currentTarget.value)} />
              <Button type="submit" variant="primary">{t('rating.submit')}</Button>
            </>
          )}
        </form>
      )}
    </CardShell>
  );
}
