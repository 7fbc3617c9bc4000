import { compact, useFormats } from '../../core/format';
import type { NodeState } from '../../core/types';
import { Card } from '../../ui/page';
import { Reason } from '../../ui/reason';
import { Badge } from '../../ui/values';
import { overviewTexts } from './texts';

export function NodeTable({ nodes }: { nodes: NodeState[] }) {
  const t = useFormats(overviewTexts);
  const lastSign = (seconds: number | null) => (seconds === null ? '–' : seconds === 0 ? t.now : t.secondsAgo(seconds));
  return (
    <Card title={t.nodes} flush>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.node}</th>
            <th scope="col">{t.state}</th>
            <th scope="col" class="num">
              {t.metrics.connections}
            </th>
            <th scope="col" class="wide">
              {t.version}
            </th>
            <th scope="col" class="num wide">
              {t.seen}
            </th>
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => (
            <tr key={node.node}>
              <th scope="row">
                <span class="mono">{node.node}</span>
                {node.this && <span class="sub">{t.here}</span>}
              </th>
              <td>
                <Badge tone={node.ready ? 'good' : 'bad'}>{node.ready ? t.ready : t.notReady}</Badge>
                {node.trouble && <Reason class="sub" text={node.trouble} />}
              </td>
              <td class="num">{node.connections === null ? '–' : compact(node.connections)}</td>
              <td class="wide">{node.version ?? '–'}</td>
              <td class="num wide">{lastSign(node.seen_seconds_ago)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
