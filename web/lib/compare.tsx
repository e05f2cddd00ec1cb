/** The two-city table. A row that differs says so in words, with a sign and a bar, not by colour
 *  alone; a row that is the same spans both columns. On narrow cards the label moves above. */
import type { JSX } from 'preact';
import { tl } from './i18n';
import { Icon, type IconName } from './icons';
import type { Comparison, Facet, Lang } from './types';
import { CityMark, cx } from './ui';

export const FACET_ICON: Record<Facet, IconName> = {
  overview: 'info', documents: 'doc', time: 'clock', fee: 'coin', where: 'pin',
  channels: 'list', eligibility: 'person', steps: 'list', which_city: 'home', result: 'success', phone: 'phone', status: 'refresh',
};

/** Rows with the facet asked for first; otherwise as the server ordered them. */
export function ordered(rows: Comparison[], facet: Facet): Comparison[] {
  return [...rows.filter((r) => r.facet === facet), ...rows.filter((r) => r.facet !== facet)];
}

// Roles are written out because a table laid out as a grid loses its own in some browsers.
export function CompareTable({ rows, caption, lang }: { rows: Comparison[]; caption: string; lang: Lang }): JSX.Element {
  const t = (key: Parameters<typeof tl>[0]): string => tl(key, undefined, lang);
  return (
    <table class="compare" role="table">
      <caption class="sr-only">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col"><span class="sr-only">{t('answer.aspect')}</span></th>
          <th role="columnheader" scope="col"><CityMark city="shenzhen" named as={lang} /></th>
          <th role="columnheader" scope="col"><CityMark city="dongguan" named as={lang} /></th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => {
          const same = !row.differs && row.shenzhen !== null && row.shenzhen === row.dongguan;
          return (
            <tr role="row" key={row.facet + row.label} class={cx(row.differs && 'differs')}>
              <th role="rowheader" scope="row">
                <Icon name={FACET_ICON[row.facet]} />
                <span class="compare-label">{row.label}</span>
                {row.differs && <span class="differs-mark"><span aria-hidden="true">≠ </span>{t('answer.differs')}</span>}
              </th>
              {same ? (
                <td role="cell" colSpan={2} aria-colspan={2} class="compare-same">
                  <span class="compare-same-mark"><span aria-hidden="true">= </span>{t('answer.all_same')}</span> {row.shenzhen}
                </td>
              ) : (
                (['shenzhen', 'dongguan'] as const).map((city) => (
                  <td role="cell" key={city} class={`cell-${city}`}>
                    <span class="cell-city"><CityMark city={city} as={lang} /></span>
                    {row[city] ?? <em class="none">{t('answer.not_handled')}</em>}
                  </td>
                ))
              )}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
