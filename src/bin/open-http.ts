// The HTTP connection handlers with what they have to tell.

import { performance } from 'node:perf_hooks';
import { HttpAnswers, type HttpAnswersOptions } from '../http/http-answers.ts';
import { HttpServer, type HttpServerOptions } from '../http/http-server.ts';

export interface HttpParts
  extends Pick<HttpAnswersOptions, 'monitor' | 'health'>,
    Pick<HttpServerOptions, 'log' | 'places'> {
  readonly schema: HttpAnswersOptions['definitions'];
}

export function openHttp({ monitor, health, schema, places, log }: HttpParts): HttpServer {
  const answers = new HttpAnswers({
    ...{ monitor, health, log },
    definitions: schema,
    clockMs: () => performance.now(),
  });
  return new HttpServer({ answers, places, log });
}
