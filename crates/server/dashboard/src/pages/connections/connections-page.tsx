import { useText } from '../../core/locale';
import { useRoute } from '../../core/route';
import { WithApp } from '../../ui/with-app';
import { ConnectionList } from './connection-list';
import { ConnectionPage } from './connection-page';
import { connectionTexts } from './texts';

export function ConnectionsPage() {
  const t = useText(connectionTexts);
  const { path } = useRoute();
  const id = path[1];
  return (
    <WithApp title={t.title} about={t.about}>
      {(app, picker) =>
        id === undefined ? <ConnectionList app={app.id} picker={picker} /> : <ConnectionPage app={app.id} id={id} />
      }
    </WithApp>
  );
}
