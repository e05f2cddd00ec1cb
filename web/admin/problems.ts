/** Findings in the reader's language. The validator writes English; what it says is known, so it is said in
 *  Chinese too. A sentence that is not known is shown as it is. */
import { lang } from '../lib/prefs';
import { t, tk } from './text';
import { zh } from './locales/zh';

const CHINESE: [RegExp, string][] = [
  [/^text is missing in zh or en$/, '中文和英文都要填写'],
  [/^English text contains Chinese characters$/, '英文里有汉字'],
  [/^longer than (\d+) Chinese characters$/, '超过 $1 个汉字'],
  [/^fewer than (\d+) wordings$/, '少于 $1 条说法'],
  [/^fewer than (\d+) questions$/, '少于 $1 条问法'],
  [/^unknown source (\S+)$/, '来源 $1 不存在'],
  [/^source (\S+) is not among the item's sources$/, '来源 $1 没有列在本事项的来源里'],
  [/^a demonstration value must have status to_confirm$/, '演示数据的状态必须是“待确认”'],
  [/^(\S+) is not official: its facts are reported, not verified$/, '$1 不是官方来源，只能标“转载待核”'],
  [/^as_of (\S+) is in the future$/, '截至日期 $1 还没有到'],
  [/^issued (\S+) is in the future$/, '发布日期 $1 还没有到'],
  [/^valid_from is not before valid_to$/, '生效日期不早于失效日期'],
  [/^an item without a source cannot be published$/, '没有来源的事项不能发布'],
  [/^unknown item (\S+)$/, '没有编号为 $1 的事项'],
  [/^an item cannot be related to itself$/, '事项不能与自己相关'],
  [/^missing in the city and in common$/, '本市和通用部分都没有填写'],
  [/^promised time is longer than the statutory time$/, '承诺时限长于法定时限'],
  [/^channel without hours$/, '渠道没有写办理时间'],
  [/^not a web address: (.*)$/, '不是网址：$1'],
  [/^not a phone number: (.*)$/, '不是电话号码：$1'],
  [/^negative amount$/, '金额不能为负'],
  [/^(\S+) is listed twice$/, '$1 重复列出'],
  [/^(\S+) is conditional without a condition$/, '$1 标为“视情况”，但没有写情况'],
  [/^share the name or alias '?(.*?)'?$/, '与其他事项同名或同别名：$1'],
  [/^share the wording '?(.*?)'?$/, '与其他事项说法相同：$1'],
  [/^charged without a basis$/, '收费但没有写依据'],
  [/^a later time without valid_from$/, '以后的时限没有生效日期'],
  [/^two later times hold on (.*)$/, '$1 有两个以后的时限同时有效'],
  [/^has (\d+) names: (.*)$/, '同一材料有 $1 个名称：$2'],
  [/^no window and no terminal$/, '既没有窗口也没有自助机'],
  [/^never open$/, '没有开放时间'],
  [/^opens is not before closes$/, '开门不早于关门'],
  [/^on no day$/, '没有选星期'],
  [/^a day is there twice$/, '同一天选了两次'],
  [/^(\S+) and (\S+) overlap on day (.*)$/, '$1 与 $2 在星期 $3 重叠（1 为周一，7 为周日）'],
  [/^number (.*) is there twice$/, '窗口号 $1 重复'],
  [/^(.*) is there twice$/, '$1 重复'],
  [/^serves no city$/, '没有受理城市'],
  [/^(.*) is no step of this bundle$/, '$1 不是本件事的步骤'],
  [/^(\S+) is no material of a step$/, '没有步骤要 $1 这份材料'],
  [/^(\S+) is no material of (SG-\S+)$/, '$2 没有 $1 这份材料'],
  [/^(\S+) is left out$/, '$1 已列为本件事不用交'],
  [/^(\S+) is asked for by no other step$/, '没有其他步骤要 $1'],
  [/^(\S+) is another material$/, '$1 是另一份材料的编号'],
  [/^wait for each other: (.*)$/, '相互等待：$1'],
  [/^a contact for no field$/, '没有负责的领域'],
  [/^an offer of nothing$/, '没有可办的事项'],
  [/^(.*) is what (SG-\S+) is called$/, '“$1”是 $2 的名称'],
  [/^the code of a record cannot change$/, '编号不能更改'],
];

export function problemText(problem: string): string {
  if (/^[a-z_]+$/.test(problem)) return `problem.${problem}` in zh ? tk(`problem.${problem}`) : t('problem.other', { what: problem });
  if (lang.value === 'en') return problem;
  const known = CHINESE.find(([pattern]) => pattern.test(problem));
  return known ? problem.replace(known[0], known[1]) : problem;
}
