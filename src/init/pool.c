/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker processes: who is busy with what, and which job is next. A worker has one job at a
 * time. One that dies fails its job and is replaced by executing ourselves again, since forking
 * alone would copy the loop. A worker that loads a module is never killed: the kernel would go on
 * without telling anybody. If jobs wait while one takes very long, the pool grows by a worker.
 */
#include "init/pool.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/list.h"
#include "base/log.h"
#include "init/child.h"
#include "init/loop.h"
#include "init/worker.h"

#define MIN_WORKERS   2
#define MAX_WORKERS   16
#define HARD_LIMIT    32 /* with those added because others are stuck */
#define MAX_RESPAWNS  64 /* of dead ones in one boot: whatever kills them all will not stop */
#define SLOW_JOB_USEC (10 * USEC_PER_SEC)

struct pool {
	struct loop *loop;
	struct children *children;
	struct list workers;
	unsigned int n_workers, n_respawned;
	struct list waiting[N_POOL_PRIORITIES];
	bool held;
};

struct pool_worker {
	struct pool *pool;
	struct list link;
	pid_t pid;
	int fd;
	struct loop_fd *watch;
	struct loop_timer *timer;
	struct pool_job *job; /* NULL: idle */
	bool warned_slow;
};

struct pool_job {
	struct list link; /* in pool.waiting until given to a worker */
	struct pool_worker *worker;
	uint64_t timeout_usec;
	pool_reply_cb callback; /* NULL: cancelled */
	void *userdata;
	struct worker_message request;
};

static void dispatch(struct pool *pool);

static struct pool_worker *pool_worker_free(struct pool_worker *worker)
{
	worker->watch = loop_fd_free(worker->watch);
	worker->timer = loop_timer_free(worker->timer);
	worker->fd = safe_close(worker->fd);
	list_remove(&worker->link);
	worker->pool->n_workers--;
	free(worker->job);
	free(worker);
	return NULL;
}

/* Registers a process at the other end of @fd, which is taken over. */
static struct pool_worker *add_worker(struct pool *pool, pid_t pid, int fd)
{
	struct pool_worker *worker = calloc(1, sizeof(*worker));

	if (!worker) {
		(void)safe_close(fd);
		return NULL;
	}
	worker->pool = pool;
	worker->pid = pid;
	worker->fd = fd;
	list_append(&pool->workers, &worker->link);
	pool->n_workers++;
	return worker;
}

static int fork_worker(struct pool *pool)
{
	int sockets[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		worker_run(sockets[1]);
	(void)safe_close(sockets[1]);
	if (pid < 0) {
		int r = -errno;

		(void)safe_close(sockets[0]);
		return r;
	}
	return add_worker(pool, pid, sockets[0]) ? 0 : -ENOMEM;
}

int pool_fork(unsigned int n_workers, struct pool **ret_pool)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return -ENOMEM;
	list_init(&pool->workers);
	for (size_t i = 0; i < N_POOL_PRIORITIES; i++)
		list_init(&pool->waiting[i]);

	n_workers = MIN(MAX(n_workers, MIN_WORKERS), MAX_WORKERS);
	while (pool->n_workers < n_workers) {
		int r = fork_worker(pool);

		if (r >= 0)
			continue;
		if (pool->n_workers == 0) {
			free(pool);
			return r;
		}
		log_warn_errno(r, "cannot start more than %u workers, going on with these",
			       pool->n_workers);
		break;
	}
	*ret_pool = pool;
	return 0;
}

/* Tells the submitter, unless it has lost interest. */
static void deliver(struct pool_job *job, const struct worker_message *reply)
{
	pool_reply_cb callback = job->callback;

	job->callback = NULL;
	if (callback)
		callback(job->userdata, reply);
}

/* Delivers a reply and makes the worker available again. */
static void finish_job(struct pool_worker *worker, const struct worker_message *reply)
{
	_cleanup_free_ struct pool_job *job = TAKE_PTR(worker->job);

	loop_timer_stop(worker->timer);
	worker->warned_slow = false;
	if (job)
		deliver(job, reply);
}

static const char *job_subject(const struct pool_job *job)
{
	return worker_message_get(&job->request, 0);
}

/* The reply to a job that no worker has answered. */
static void init_failure(struct worker_message *reply, int error, const struct pool_job *job,
			 const char *why)
{
	reply->code =
		worker_message_fail(reply, error, "no answer about %s: %s", job_subject(job), why);
}

static void on_worker_readable(void *userdata)
{
	struct pool_worker *worker = userdata;
	struct pool *pool = worker->pool;
	struct worker_message reply;
	ssize_t n;

	n = recv(worker->fd, &reply, sizeof(reply), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && worker_message_validate(&reply, (size_t)n) >= 0) {
		finish_job(worker, &reply);
		dispatch(pool);
		return;
	}
	/* Its end is closed or speaks nonsense: what follows happens when it has been reaped. */
	worker->watch = loop_fd_free(worker->watch);
	(void)kill(worker->pid, SIGKILL);
}

static int spawn_worker(struct pool *pool);

/* The worker may not even notice that it is killed, if the kernel does not let it go. */
static void give_up_job(struct pool_worker *worker)
{
	struct worker_message reply;

	log_warn("gave up on %s after %u s, ending its worker", job_subject(worker->job),
		 (unsigned int)(worker->job->timeout_usec / USEC_PER_SEC));
	(void)kill(worker->pid, SIGKILL);
	/* A reply that is on its way must not make it look idle. */
	worker->watch = loop_fd_free(worker->watch);
	init_failure(&reply, -ETIMEDOUT, worker->job, "it took too long");
	deliver(worker->job, &reply);
}

static void on_worker_timer(void *userdata)
{
	struct pool_worker *worker = userdata;
	struct pool *pool = worker->pool;
	uint64_t timeout_usec = worker->job->timeout_usec;

	if (timeout_usec <= SLOW_JOB_USEC || worker->warned_slow) {
		give_up_job(worker);
		return;
	}
	worker->warned_slow = true;
	log_warn("%s takes longer than 10 s, going on without waiting", job_subject(worker->job));
	if (timeout_usec != USEC_INFINITY)
		loop_timer_start(worker->timer, timeout_usec - SLOW_JOB_USEC);
	if (pool->n_workers < HARD_LIMIT)
		(void)spawn_worker(pool);
	dispatch(pool);
}

static struct pool_job *take_next_job(struct pool *pool, size_t n_priorities);

/* Nobody is left, nor will be: an answer that tells so is better than none. */
static void fail_waiting_jobs(struct pool *pool)
{
	struct worker_message reply;
	struct pool_job *job;

	while ((job = take_next_job(pool, N_POOL_PRIORITIES))) {
		init_failure(&reply, -EIO, job, "there is no worker process left");
		deliver(job, &reply);
		free(job);
	}
}

static void on_worker_exit(void *userdata, int status)
{
	struct pool_worker *worker = userdata;
	struct pool *pool = worker->pool;
	struct worker_message reply;

	if (WIFSIGNALED(status) && worker->job)
		log_warn("the worker for %s was ended by signal %d (%s), starting another",
			 job_subject(worker->job), WTERMSIG(status), strsignal(WTERMSIG(status)));
	/* Its socket may still look open: no job that a callback submits may be given to it. */
	worker->watch = loop_fd_free(worker->watch);
	if (worker->job) {
		init_failure(&reply, -EIO, worker->job, "its worker process died");
		finish_job(worker, &reply);
	}
	pool_worker_free(worker);
	if (pool->n_respawned++ < MAX_RESPAWNS)
		(void)spawn_worker(pool);
	dispatch(pool);
	if (pool->n_workers == 0)
		fail_waiting_jobs(pool);
}

/* Connects a worker to the loop. */
static int start_worker(struct pool_worker *worker)
{
	struct pool *pool = worker->pool;
	int r;

	r = loop_timer_new(pool->loop, on_worker_timer, worker, &worker->timer);
	if (r >= 0)
		r = loop_fd_new(pool->loop, worker->fd, LOOP_READ, on_worker_readable, worker,
				&worker->watch);
	if (r >= 0)
		r = children_watch(pool->children, worker->pid, on_worker_exit, worker);
	return r;
}

/* Starts a worker as a new execution of ourselves. */
static int spawn_worker(struct pool *pool)
{
	static const char *const argv[] = { WORKER_PROGRAM_NAME, NULL };
	static const char *const envp[] = { NULL };
	_cleanup_close_ int theirs = -1;
	struct child_params params = {
		.path = "/proc/self/exe",
		.argv = argv,
		.envp = envp,
		.stdin_fd = -1,
		.output_fd = -1,
	};
	struct pool_worker *worker;
	int sockets[2], r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return log_err_errno(-errno, "cannot connect another worker, going on without it");
	theirs = sockets[1];
	params.message_fd = theirs;
	r = child_spawn(&params, &pid);
	if (r < 0) {
		(void)safe_close(sockets[0]);
		return log_err_errno(r, "cannot start another worker, going on without it");
	}
	worker = add_worker(pool, pid, sockets[0]);
	if (!worker)
		return -ENOMEM; /* its socket is closed, so it ends */
	r = start_worker(worker);
	if (r < 0)
		pool_worker_free(worker);
	return r;
}

int pool_start(struct pool *pool, struct loop *loop, struct children *children)
{
	struct pool_worker *worker;

	pool->loop = loop;
	pool->children = children;
	list_for_each(worker, &pool->workers, link) {
		int r = start_worker(worker);

		if (r < 0)
			return r;
	}
	return 0;
}

static void free_waiting_jobs(struct pool *pool)
{
	struct pool_job *job, *following;

	for (size_t i = 0; i < N_POOL_PRIORITIES; i++)
		list_for_each_safe(job, following, &pool->waiting[i], link)
			free(job);
}

struct pool *pool_free(struct pool *pool)
{
	if (!pool)
		return NULL;
	/* The last one first: it may have inherited our ends of the sockets of those before it. */
	while (!list_is_empty(&pool->workers)) {
		struct pool_worker *worker =
			container_of(pool->workers.prev, struct pool_worker, link);
		pid_t idle_pid = worker->job ? 0 : worker->pid;

		/* What runs on under the next init keeps the memory of this one. */
		if (worker->job && worker->job->timeout_usec != USEC_INFINITY)
			(void)kill(worker->pid, SIGKILL);
		if (pool->children)
			children_unwatch(pool->children, worker->pid);
		pool_worker_free(worker);
		/* An idle one does nothing but end when its socket closes. */
		if (idle_pid)
			(void)waitpid(idle_pid, NULL, 0);
	}
	free_waiting_jobs(pool);
	free(pool);
	return NULL;
}

static struct pool_job *take_next_job(struct pool *pool, size_t n_priorities)
{
	for (size_t i = 0; i < n_priorities; i++) {
		struct pool_job *job;

		if (list_is_empty(&pool->waiting[i]))
			continue;
		job = list_first(&pool->waiting[i], struct pool_job, link);
		list_remove(&job->link);
		return job;
	}
	return NULL;
}

static bool worker_is_available(const struct pool_worker *worker)
{
	return !worker->job && worker->watch;
}

/*
 * Which priorities may be served now: the last idle worker is kept for what boot waits for, so
 * that slow drivers of other things do not hold it up.
 */
static size_t count_admitted_priorities(const struct pool *pool)
{
	const struct pool_worker *worker;
	unsigned int n_idle = 0;

	if (pool->held)
		return POOL_PRIORITY_DEVICE + 1;
	list_for_each(worker, &pool->workers, link)
		if (worker_is_available(worker))
			n_idle++;
	return n_idle > 1 || pool->n_workers == 1 ? N_POOL_PRIORITIES : POOL_PRIORITY_MODULE_OTHER;
}

static void start_job(struct pool_worker *worker, struct pool_job *job)
{
	const struct worker_message *request = &job->request;

	worker->job = job;
	job->worker = worker;
	loop_timer_start(worker->timer, MIN(job->timeout_usec, SLOW_JOB_USEC));
	/* Cannot block: an idle worker's socket is empty. An error means that it is dying. */
	if (send(worker->fd, request, worker_message_size(request), MSG_DONTWAIT | MSG_NOSIGNAL) <
	    0)
		log_debug_errno(-errno, "cannot reach worker %d", (int)worker->pid);
}

/* Gives waiting jobs to idle workers. */
static void dispatch(struct pool *pool)
{
	struct pool_worker *worker;

	list_for_each(worker, &pool->workers, link) {
		struct pool_job *job;

		if (!worker_is_available(worker))
			continue;
		job = take_next_job(pool, count_admitted_priorities(pool));
		if (!job)
			return;
		start_job(worker, job);
	}
}

int pool_submit(struct pool *pool, const struct worker_message *request,
		enum pool_priority priority, uint64_t timeout_usec, pool_reply_cb callback,
		void *userdata, struct pool_job **ret_job)
{
	struct pool_job *job;

	if (pool->n_workers == 0)
		return -EIO;
	job = calloc(1, sizeof(*job));
	if (!job)
		return -ENOMEM;
	memcpy(&job->request, request, worker_message_size(request));
	job->timeout_usec = timeout_usec;
	job->callback = callback;
	job->userdata = userdata;
	list_append(&pool->waiting[priority], &job->link);
	if (ret_job)
		*ret_job = job;
	dispatch(pool);
	return 0;
}

void pool_cancel(struct pool_job *job)
{
	if (job->worker) {
		job->callback = NULL;
	} else {
		list_remove(&job->link);
		free(job);
	}
}

void pool_set_held(struct pool *pool, bool held)
{
	pool->held = held;
	dispatch(pool);
}

bool pool_is_busy(const struct pool *pool)
{
	const struct pool_worker *worker;

	list_for_each(worker, &pool->workers, link)
		if (worker->job)
			return true;
	return false;
}

bool pool_is_idle(const struct pool *pool)
{
	if (pool_is_busy(pool))
		return false;
	for (size_t i = 0; i < N_POOL_PRIORITIES; i++)
		if (!list_is_empty(&pool->waiting[i]))
			return false;
	return true;
}
