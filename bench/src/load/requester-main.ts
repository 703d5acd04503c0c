// A process that sends requests to the HTTP API: see RequesterService.
import { serveParent } from '../rpc.js';
import { RequesterService } from './requester-service.js';

serveParent(new RequesterService());
