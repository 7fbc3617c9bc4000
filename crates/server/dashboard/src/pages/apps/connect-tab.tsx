import { useState } from 'preact/hooks';

import { useText } from '../../core/locale';
import { placeOf, SERVER_URL } from '../../core/server-url';
import { Button } from '../../ui/button';
import { common } from '../../ui/common-texts';
import { TextField } from '../../ui/form';
import { Card, RefusalNote } from '../../ui/page';
import { Code } from '../../ui/values';
import type { TabProps } from './app-page';
import { echoLines, envLines } from './connect-lines';
import { connectTexts } from './texts';
import { useSecrets } from './use-secrets';

/** What a Laravel project needs to use the app. */
export function ConnectTab({ app }: TabProps) {
  const t = useText(connectTexts);
  const c = useText(common);
  const [url, setUrl] = useState(SERVER_URL);
  const secrets = useSecrets(app);
  const place = placeOf(url);
  return (
    <>
      <Card>
        <TextField
          label={t.where}
          hint={t.whereHint}
          value={url}
          onChange={setUrl}
          problem={place ? null : c.wrongUrl}
          type="url"
          mono
        />
      </Card>
      {place && (
        <div class="columns columns-even">
          <Card
            title={t.env}
            actions={
              <Button
                icon="eye"
                disabled={!secrets.canReveal}
                title={secrets.canReveal ? undefined : c.readOnly}
                onClick={secrets.isShown ? secrets.hide : secrets.reveal}
              >
                {secrets.isShown ? c.hide : c.reveal}
              </Button>
            }
          >
            <Code label={t.env} text={envLines(app.id, app.key, secrets.secrets[app.key] ?? null, place)} />
            {secrets.refusal && <RefusalNote refusal={secrets.refusal} />}
            {!secrets.isShown && <p class="hint">{t.secretHidden}</p>}
          </Card>
          <Card title={t.echo}>
            <Code label={t.echo} text={echoLines(place)} />
            <p class="hint">{t.echoAbout}</p>
          </Card>
        </div>
      )}
    </>
  );
}
