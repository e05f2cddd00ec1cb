/** Two cities or two matters side by side: the sentence that sums it up, then the table, each cell with
 *  where it is from. */
import type { JSX } from 'preact';
import { FACET_ICON } from '../compare';
import { day } from '../format';
import { tag, tl, type Params } from '../i18n';
import { Icon } from '../icons';
import type { CompareCard, CompareCell } from '../types';
import { CardShell, CityMark, cx } from '../ui';
import { Actions } from './actions';
import type { CardHost } from './host';
import { distinct, Fold, Provenance, SourceLink } from './parts';

export function Compare({ card, host }: { card: CompareCard; host: CardHost }): JSX.Element {
  const t = (key: Parameters<typeof tl>[0], params?: Params): string => tl(key, params, card.lang);
  const head = (i: number): JSX.Element => {
    const column = card.columns[i];
    const city = column && column.title === t(`city.${column.city}`) && column.city !== 'both' ? column.city : null;
    return city ? <CityMark city={city} named as={card.lang} /> : <>{column?.title}</>;
  };
  const sources = distinct(card.rows.flatMap((r) => r.cells.flatMap((c) => c.sources)));
  const mark = (cell: CompareCell): JSX.Element | null => {
    const numbers = cell.sources.map((s) => sources.findIndex((one) => one.id === s.id) + 1);
    if (!numbers.length) return null;
    return <span class="cell-source num" title={cell.sources.map((s) => s.title).join(' / ')}><span class="sr-only">{t('compare.sources')} </span>[{numbers.join(', ')}]</span>;
  };
  return (
    <CardShell label={card.title} lang={tag(card.lang)} class="answer">
      <header class="answer-head"><h3>{card.title}</h3></header>
      {card.headline && (
        <div class="headline-lines">{card.headline.split('\n').map((line) => <p key={line}>{line}</p>)}</div>
      )}
      {card.jurisdiction && (
        <p class="jurisdiction"><Icon name="pin" /><span><strong>{t('answer.jurisdiction')}</strong>{card.jurisdiction}</span></p>
      )}
      <table class="compare" role="table">
        <caption class="sr-only">{card.title}</caption>
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col"><span class="sr-only">{t('answer.aspect')}</span></th>
            {card.columns.map((column, i) => <th role="columnheader" scope="col" key={column.title}>{head(i)}</th>)}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {card.rows.map((row) => (
            <tr role="row" key={row.facet + row.label} class={cx(row.differs && 'differs')}>
              <th role="rowheader" scope="row">
                <Icon name={FACET_ICON[row.facet]} />
                <span class="compare-label">{row.label}</span>
                {row.differs && <span class="differs-mark"><span aria-hidden="true">≠ </span>{t('answer.differs')}</span>}
              </th>
              {!row.differs && row.cells[0] && row.cells.every((cell) => cell.text === row.cells[0]?.text) ? (
                <td role="cell" colSpan={2} aria-colspan={2} class="compare-same">
                  <span class="compare-same-mark"><span aria-hidden="true">= </span>{t('compare.same')}</span> {row.cells[0].text} {mark(row.cells[0])}
                </td>
              ) : row.cells.map((cell, i) => (
                <td role="cell" key={card.columns[i]?.title}>
                  <span class="cell-city">{head(i)}</span>
                  {cell.text ?? <em class="none">–</em>} {mark(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <Fold icon="shield" title={t('answer.details')} note={sources.length}>
        <ol class="claims">
          {sources.map((source) => {
            const dates = card.rows.flatMap((r) => r.cells).filter((c) => c.sources.some((s) => s.id === source.id)).map((c) => c.as_of ?? '').filter(Boolean).sort();
            return <li key={source.id}><p class="claim-text"><SourceLink source={source} /></p>{dates[0] && <p class="claim-source">{t('answer.as_of', { date: day(dates[0], card.lang) })}</p>}</li>;
          })}
        </ol>
      </Fold>
      <Provenance card={card} sources={sources} />
      <Actions actions={card.actions} host={host} lang={card.lang} />
    </CardShell>
  );
}
