/** Places to go: open or not in words, hours, what is done there, how to get in. */
import type { JSX } from 'preact';
import { tag, tl, type Params } from '../i18n';
import { Icon } from '../icons';
import type { CentreLine, CentresCard } from '../types';
import { Badge, CardShell, CityMark } from '../ui';
import { Actions } from './actions';
import type { CardHost } from './host';
import { distinct, Phones, Provenance } from './parts';

export function Centres({ card, host }: { card: CentresCard; host: CardHost }): JSX.Element {
  const t = (key: Parameters<typeof tl>[0], params?: Params): string => tl(key, params, card.lang);
  const list = (items: string[]): string => items.join(card.lang === 'zh' ? '、' : ', ');
  const line = (centre: CentreLine): JSX.Element => (
    <li key={centre.id}>
      <p class="centre-name">
        <CityMark city={centre.city} as={card.lang} />
        <strong>{centre.name}</strong>
        {centre.open == null
          ? <Badge>{t('centres.unknown')}</Badge>
          : <Badge tone={centre.open ? 'success' : 'neutral'} icon={centre.open ? 'success' : 'clock'}>{t(centre.open ? 'centres.open' : 'centres.closed')}</Badge>}
        {centre.distance_m != null && <span class="tick-note num">{t('centres.distance', { km: (centre.distance_m / 1000).toFixed(1) })}</span>}
      </p>
      <p class="tick-note"><Icon name="pin" /> {centre.address}{centre.transit && ` · ${centre.transit}`}</p>
      <dl class="centre-facts">
        <div><dt>{t('centres.hours')}</dt><dd>{centre.hours.map((words) => <span key={words}>{words}</span>)}</dd></div>
        {centre.windows.length > 0 && <div><dt>{t('centres.windows')}</dt><dd>{list(centre.windows)}</dd></div>}
        {centre.terminals.length > 0 && <div><dt>{t('centres.terminals')}</dt><dd>{list(centre.terminals)}</dd></div>}
        {centre.accessibility.length > 0 && <div><dt>{t('centres.access')}</dt><dd>{list(centre.accessibility)}</dd></div>}
        {centre.phones.length > 0 && <div><dt>{t('centres.phone')}</dt><dd><Phones phones={centre.phones} /></dd></div>}
      </dl>
    </li>
  );
  return (
    <CardShell label={card.title} lang={tag(card.lang)} class="answer centres">
      <header class="answer-head">
        <h3>{card.title}</h3>
        {card.total > card.centres.length && <span class="fold-note num">{t('centres.shown', { shown: card.centres.length, n: card.total })}</span>}
      </header>
      <ul class="centre-list">{card.centres.map(line)}</ul>
      {card.note && <p class="card-note">{card.note}</p>}
      <Provenance card={card} sources={distinct(card.centres.map((c) => c.source))} />
      <Actions actions={card.actions} host={host} lang={card.lang} />
    </CardShell>
  );
}
