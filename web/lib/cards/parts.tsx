/** What several cards of the service list share: a source, a fold, a list of facts, the foot. */
import type { ComponentChildren, JSX } from 'preact';
import { day, safeUrl } from '../format';
import { tl } from '../i18n';
import { Icon, type IconName } from '../icons';
import type { Lang, Source, Status } from '../types';
import { StatusBadge } from '../ui';

export function SourceLink({ source }: { source: Source }): JSX.Element {
  const url = safeUrl(source.url);
  const name = source.doc_no ? `${source.title}（${source.doc_no}）` : source.title;
  if (!url) return <span>{name}</span>;
  return <a href={url} target="_blank" rel="noopener noreferrer">{name}<span class="sr-only">{tl('new_window')}</span></a>;
}

export function Fold({ icon, title, note, open, children }: {
  icon: IconName; title: string; note?: ComponentChildren; open?: boolean; children: ComponentChildren;
}): JSX.Element {
  return (
    <details class="fold" open={open}>
      <summary>
        <Icon name={icon} /><span class="fold-title">{title}</span>
        {note !== undefined && <span class="fold-note num">{note}</span>}
        <Icon name="chevron" class="fold-arrow" />
      </summary>
      {children}
    </details>
  );
}

/** A number one can tap; anything that is not a number is shown as text. */
export function Phones({ phones }: { phones: string[] }): JSX.Element {
  return (
    <>
      {phones.map((phone, i) => (
        <span key={phone}>
          {i > 0 && ' · '}
          {/^[\d +-]{3,20}$/.test(phone) ? <a class="num" href={`tel:${phone.replace(/[ -]/g, '')}`}>{phone}</a> : phone}
        </span>
      ))}
    </>
  );
}

export function Provenance({ card, sources }: {
  card: { lang: Lang; status: Status; as_of: string; disclaimer?: string | null }; sources: Source[];
}): JSX.Element {
  const [first, ...more] = sources;
  return (
    <footer class="provenance">
      <StatusBadge status={card.status} as={card.lang} />
      <span>
        {first && <>{tl('answer.sources', undefined, card.lang)}{card.lang === 'zh' ? '：' : ': '}<SourceLink source={first} />{more.length > 0 && ` +${more.length}`} · </>}
        {tl('answer.as_of', { date: day(card.as_of, card.lang) }, card.lang)}
      </span>
      {card.disclaimer && <p>{card.disclaimer}</p>}
    </footer>
  );
}

export const distinct = (sources: Source[]): Source[] => [...new Map(sources.map((s) => [s.id, s])).values()];
