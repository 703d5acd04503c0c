"""Writes features into Redis, for Viaduct: apt-get install python3-redis (or pip install redis), then

    python3 python.py trains < features.jsonl            a hash and a channel
    python3 python.py --stream ships < features.jsonl    a stream, and the hash ships:state

Each line is a GeoJSON Feature with an id. One whose geometry is null removes the feature with its id.
"""

import argparse
import json
import sys

import redis


def put(server, channel, feature):
    """The new state into the hash, and the change to everybody who watches: both or neither."""
    text = json.dumps(feature, allow_nan=False)
    with server.pipeline(transaction=True) as transaction:
        transaction.hset(channel, str(feature["id"]), text)
        transaction.publish(channel, text)
        transaction.execute()


def remove(server, channel, id):
    """Removes a feature from the hash, and from every map."""
    gone = {"type": "Feature", "id": id, "geometry": None, "properties": None}
    with server.pipeline(transaction=True) as transaction:
        transaction.hdel(channel, str(id))
        transaction.publish(channel, json.dumps(gone))
        transaction.execute()


def put_entry(server, stream, feature):
    """The same for a stream: its entries are the changes, and the hash beside it is the state."""
    text = json.dumps(feature, allow_nan=False)
    with server.pipeline(transaction=True) as transaction:
        transaction.hset(f"{stream}:state", str(feature["id"]), text)
        transaction.xadd(stream, {"data": text}, maxlen=10_000, approximate=True)
        transaction.execute()


def remove_entry(server, stream, id):
    gone = {"type": "Feature", "id": id, "geometry": None, "properties": None}
    with server.pipeline(transaction=True) as transaction:
        transaction.hdel(f"{stream}:state", str(id))
        transaction.xadd(stream, {"data": json.dumps(gone)}, maxlen=10_000, approximate=True)
        transaction.execute()


def feature_of(line):
    """The feature in a line of the input; None if it has none."""
    try:
        feature = json.loads(line)
    except ValueError:
        return None
    is_feature = isinstance(feature, dict) and feature.get("type") == "Feature"
    return feature if is_feature and isinstance(feature.get("id"), (str, int, float)) else None


def main():
    parser = argparse.ArgumentParser(description="Writes features into Redis, one per line of the input.")
    parser.add_argument("channel")
    parser.add_argument("--stream", action="store_true", help="the channel is a Redis Stream")
    parser.add_argument("--redis", default="redis://localhost:6379")
    options = parser.parse_args()
    server = redis.Redis.from_url(options.redis)
    write, drop = (put_entry, remove_entry) if options.stream else (put, remove)
    for line in sys.stdin:
        feature = feature_of(line)
        if feature is None:
            sys.exit(f'Not a GeoJSON Feature with an id: "{line.strip()[:200]}"')
        if feature.get("geometry") is None:
            drop(server, options.channel, feature["id"])
        else:
            write(server, options.channel, feature)


if __name__ == "__main__":
    main()
