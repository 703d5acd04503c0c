// The smallest useful client in Node.js: npm install ws, then: node node.js [ws://localhost:8080]
import { WebSocket } from 'ws';

const url = process.argv[2] ?? 'ws://localhost:8080';

function connect() {
  const socket = new WebSocket(url);
  socket.on('open', () => {
    socket.send('BBOX 5.9 45.8 10.5 47.9'); // left bottom right top, in degrees: longitude and latitude
    socket.send('SUB demo:trains snapshot=true'); // the current state, and then the changes
  });
  socket.on('message', (frame) => {
    const { source, content } = JSON.parse(frame.toString());
    if (source === 'websocket')
      console.error(content); // statuses of the gateway: errors, the start of a snapshot
    else if (content !== null) console.log(JSON.stringify(content));
  });
  socket.on('error', ({ message }) => console.error(message));
  // A random delay, so that thousands of clients do not return at once after a restart.
  socket.on('close', () => setTimeout(connect, 1000 + 2000 * Math.random()));
}

connect();
