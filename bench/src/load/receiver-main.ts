// A process of clients: see ReceiverService.
import { serveParent } from '../rpc.js';
import { ReceiverService } from './receiver-service.js';

serveParent(new ReceiverService());
