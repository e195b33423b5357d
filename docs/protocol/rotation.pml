/*
 * Runs of `rotate` and `create`, a person with az, a tenant and a second team, on one ACR token with two passwords and three Secrets:
 * 0 and 1 in one cluster, 2 in another. A run can crash after every request, and every answer can be lost. README.md describes the
 * actors, the rules and the properties.
 *
 * A password is represented by its slot: 1 or 2 is the current password of the slot. If it is replaced or cleared, each Secret that holds
 * it changes to OURS or THEIRS, by the actor that ended it. The version of a Secret is a bit for each run: whether the run has read the
 * last version.
 */
#define OURS 3
#define THEIRS 4
#define BIT(n) (1 << (n))
#define FIRST(set) (((set) & 1) -> 0 : (((set) & 2) -> 1 : 2))
#define LAST(set) (((set) & 4) -> 2 : (((set) & 2) -> 1 : 0))
#define RUNS 3
#define WELL 1
#define REFUSED 2
#define FAILED 3
#define CRASHED 4
#define TENANT 4      /* the claim of a tenant, who is not a run */

/*
 * With TRACE, trace.h has the steps of recorded runs. `which` is one of these traces, and only its steps are possible, in that order.
 * Reads and waits are not recorded.
 */
#define CLAIMS(run, s, slot) ((run) * 1000 + 100 + (s) * 10 + (slot))
#define MAKES(run, slot) ((run) * 1000 + 200 + (slot))
#define WRITES(run, s, slot) ((run) * 1000 + 300 + (s) * 10 + (slot))
#define CLEARS(run, slot) ((run) * 1000 + 400 + (slot))
#define ENDS_WELL(run) ((run) * 1000 + 500)
#define ENDS_ELSE(run) ((run) * 1000 + 600)
#define DIES(run) ((run) * 1000 + 700)
#ifdef TRACE
#include "trace.h"
byte which;
byte taken;           /* steps of the trace so far */
#define IS(step) if :: (STEP(which, taken) == (step)) -> taken++ :: else -> false fi
/* The written password was in a slot, even if it has ended since. */
#define WROTE if \
  :: mine[me] < OURS -> IS(WRITES(me, w, mine[me])) \
  :: mine[me] >= OURS && o -> IS(WRITES(me, w, o)) \
  :: mine[me] >= OURS && !o -> IS(WRITES(me, w, 1)) \
  :: mine[me] >= OURS && !o -> IS(WRITES(me, w, 2)) fi
#define REPLAYED if :: taken == STEPS(which) -> c_code { printf("REPLAYED %d\n", (int) now.which); } :: else fi
#define BROKEN(what) c_code { printf("BROKEN %d\n", (int) now.which); }
#else
#define IS(step) skip
#define WROTE skip
#define BROKEN(what) printf(what); assert(false)
#endif

#ifdef DERIVED
#define ALONE true
#else
#define ALONE false
#endif

/* The token; sets of slots are bits. */
byte has;
byte newer = 1;
byte theirs;          /* created by a person, or another user of the token */
byte excused;         /* created by a person in the slot and the half minute that a claim names */

/* The Secrets; sets of Secrets are bits. */
byte ref[3];          /* the password inside; 0: none */
byte prev[3];         /* the slot of the previous password in the annotation; 0: none, or it has ended */
byte claim[3];        /* the run that claims it, plus 1 */
byte slot[3];         /* the slot that the claim names */
byte due;             /* the claim has ended */
byte covered;         /* the password in the slot of the claim was created within the claim's time */
byte told;            /* slots that a run has reported as possibly left over */

/* Changes of a tenant or another tool; sets of Secrets are bits. */
byte foreign;         /* the label names another tool */
byte bare;            /* without the annotation acr-secret/logins; the docker config still has the password */
byte bent;            /* the annotation names a password that Azure does not show */
byte far;             /* claimed until later than a claim can last */
byte named;           /* in clusters that Azure's description of the token names */

/* The memory of each run. */
byte fresh[RUNS];     /* Secrets that have not changed since the run read them */
byte plan[RUNS];      /* the slot that it is about to fill */
byte moved;           /* runs whose slot has changed since they read the token */
byte mine[RUNS];      /* the password that it writes */
byte saw[RUNS];       /* the password in the Secret that it read again */
byte noting[RUNS];    /* listed Secrets that get the password: their annotation names the token */
byte in1[RUNS];       /* those of them with the password in slot 1 */
byte in2[RUNS];
byte past[RUNS];      /* slots of previous passwords */
byte left[RUNS];      /* slots that an ended claim names */
byte same[RUNS];      /* Secrets to claim that still hold the password from the list */
byte copies[RUNS];    /* passwords in listed Secrets without an annotation */
byte first[RUNS];     /* the newest password at the first read; OURS if it has ended */
byte gone;            /* runs that have crashed */
bool begun;

byte apart;           /* runs between the second read and the request that creates the password */
byte acted;           /* runs that began before the person, or another run after the person, acted */
#ifndef LAX
#define LAX false
#endif
bool broke = LAX;           /* the person has replaced a password that a Secret or a run had */
byte crashes = CRASHES;
byte losses = LOSSES;
byte ended;
bool alone;           /* the others have ended, and one more run begins */
bool creates;
byte result;          /* of the last run */
hidden byte i;
hidden byte n;

#define HOLD(o) ((o) == 1 -> in1[me] : in2[me])
#define LIVES(s) (ref[s] == 1 || ref[s] == 2)
#define HELD(o) (HOLD(o) || (copies[me] & BIT(o)))
/* A listed Secret may hold any password: its annotation is wrong, or no other Secret shows which password is the one inside. */
#define ANY_HELD (unnamed || ((copies[me] & 2) && !in1[me]) || ((copies[me] & 4) && !in2[me]))
/* Azure's description names a cluster that is not selected: its Secrets may hold any password. */
#ifdef NO_OUTSIDE
#define OUTSIDE false
#else
#define OUTSIDE (!create && (named & ~scope))
#endif

/* An actor has written a Secret. */
inline written(s) {
  fresh[0] = fresh[0] & ~BIT(s); fresh[1] = fresh[1] & ~BIT(s); fresh[2] = fresh[2] & ~BIT(s)
}

/* The password in a slot ends, by OURS or THEIRS. */
inline dies(o, by) {
  i = 0;
  do
  :: i < 3 ->
    if
    :: ref[i] == o && by == OURS && !broke -> BROKEN("BROKEN a run ended a password in use\n")
    :: ref[i] == o && (by == THEIRS || broke) -> ref[i] = by; broke = true
    :: else
    fi;
    if :: prev[i] == o -> prev[i] = 0 :: else fi;
    if
    :: slot[i] == o && claim[i] != 0 && !((due | far) & BIT(i)) -> covered = covered | BIT(i)
    :: slot[i] == o && (claim[i] == 0 || ((due | far) & BIT(i))) -> covered = covered & ~BIT(i)
    :: else
    fi;
    i++
  :: else -> break
  od;
  told = told & ~BIT(o);
  i = 0;
  do
  :: i < RUNS ->
    if :: plan[i] == o -> moved = moved | BIT(i) :: else fi;
    past[i] = past[i] & ~BIT(o); left[i] = left[i] & ~BIT(o);
    if :: first[i] == o -> first[i] = OURS :: else fi;
    if :: o == 1 -> in1[i] = 0 :: else -> in2[i] = 0 fi;
    if :: mine[i] == o -> mine[i] = by; if :: by == THEIRS -> broke = true :: else fi :: else fi;
    if :: saw[i] == o -> saw[i] = by :: else fi;
    i++
  :: else -> break
  od
}

/* A run creates a password. */
inline make(o) {
  if :: (theirs & BIT(o)) && !(excused & BIT(o)) && !ALONE -> BROKEN("BROKEN a run ended a password of another user\n") :: else fi;
  if :: broke -> acted = acted | (7 & ~BIT(me)) :: else fi;
  dies(o, OURS);
  has = has | BIT(o); newer = o; theirs = theirs & ~BIT(o); excused = excused & ~BIT(o);
  mine[me] = o; plan[me] = 0; moved = moved & ~BIT(me)
}

/* A run clears a password. */
inline clear(o) {
  if :: (theirs & BIT(o)) && !(excused & BIT(o)) && !ALONE -> BROKEN("BROKEN a run ended a password of another user\n") :: else fi;
  if :: broke -> acted = acted | (7 & ~BIT(me)) :: else fi;
  dies(o, OURS);
  has = has & ~BIT(o); theirs = theirs & ~BIT(o); excused = excused & ~BIT(o);
  covered = covered & ~((slot[0] == o -> 1 : 0) | (slot[1] == o -> 2 : 0) | (slot[2] == o -> 4 : 0))
}

/* A claim that ends later than a claim can last does not count. One on a Secret without a password does: `create` claims such a Secret. */
#if defined(NO_BOUND)
#define COUNTS(s) true
#elif defined(PROVEN_CLAIMS)
#define COUNTS(s) (!(far & BIT(s)) && LIVES(s))
#else
#define COUNTS(s) (!(far & BIT(s)))
#endif

/* What an ended claim names counts if the token's name shows whose it is. Otherwise a tenant could name the password of another user. */
#ifdef ANY_LEFT
#define BELIEVED(s) (LIVES(s) || ALONE)
#else
#define BELIEVED(s) ALONE
#endif

/*
 * A run looks at a Secret in a list. An annotation counts for `rotate` if the Secret holds a password that works: anyone with access to
 * the namespace can write the annotation. A password inside counts with and without the annotation, and whatever the label says.
 */
#ifdef LABEL_OWNS
#define IGNORED(s) (foreign & BIT(s))
#else
#define IGNORED(s) false
#endif
inline list(s) {
  if
  :: (scope & BIT(s)) && !IGNORED(s) ->
    fresh[me] = fresh[me] | BIT(s); same[me] = same[me] | BIT(s);
    if
#ifndef NO_CONFIG
    :: (bare & BIT(s)) && LIVES(s) -> copies[me] = copies[me] | BIT(ref[s])
    :: (bare & BIT(s)) && !LIVES(s)
#else
    :: (bare & BIT(s))
#endif
#ifndef NO_SHOWN
    :: (bent & BIT(s)) && LIVES(s) -> unnamed = true; noting[me] = noting[me] | (BIT(s) & ~foreign)
#else
    :: (bent & BIT(s)) && LIVES(s) ->
      noting[me] = noting[me] | BIT(s); if :: ref[s] == 2 -> in1[me] = in1[me] | BIT(s) :: else -> in2[me] = in2[me] | BIT(s) fi
#endif
    :: (bent & BIT(s)) && !LIVES(s) -> if :: ref[s] != 0 && !create -> doubts = true :: else fi
    :: !((bare | bent) & BIT(s)) ->
      if
      :: LIVES(s) || (ref[s] != 0 && create) -> noting[me] = noting[me] | (BIT(s) & ~foreign)
      :: ref[s] != 0 && !LIVES(s) && !create -> doubts = true
      :: else
      fi;
      if :: ref[s] == 1 -> in1[me] = in1[me] | BIT(s) :: ref[s] == 2 -> in2[me] = in2[me] | BIT(s) :: else fi;
      if :: prev[s] != 0 -> past[me] = past[me] | BIT(prev[s]) :: else fi
    fi;
    if :: claim[s] && claim[s] != me + 1 && !(due & BIT(s)) && COUNTS(s) -> live = live | BIT(s) :: else fi;
#ifndef NO_LEFT
    if
    :: BELIEVED(s) && (covered & BIT(s)) && (claim[s] == 0 || (due & BIT(s))) -> left[me] = left[me] | BIT(slot[s]); leftAt = leftAt | BIT(s)
    :: else
    fi
#endif
  :: else
  fi
}

inline forget() { noting[me] = 0; in1[me] = 0; in2[me] = 0; past[me] = 0; left[me] = 0; leftAt = 0; live = 0; copies[me] = 0; unnamed = false }

/* Secrets hold both passwords, and no annotation says that one has replaced the other. */
#define APART_FROM(o) (in1[me] && in2[me] && !(past[me] & BIT(3 - (o))))
#define MAY_WRITE_OVER(o) (!HELD(o) && !ANY_HELD && !OUTSIDE && (ALONE || (!create && ((past[me] | left[me]) & BIT(o)))))

/* The slot to fill; 0 if none is free. */
inline choose() {
  if
  :: (has & 2) && ((past[me] | left[me]) & 2) && MAY_WRITE_OVER(1) -> o = 1
  :: else ->
    if
    :: (has & 4) && ((past[me] | left[me]) & 4) && MAY_WRITE_OVER(2) -> o = 2
    :: else ->
      if
      :: !(has & 2) -> o = 1
      :: else ->
        if
        :: !(has & 4) -> o = 2
        :: else -> o = (MAY_WRITE_OVER(3 - newer) -> 3 - newer : (MAY_WRITE_OVER(newer) -> newer : 0))
        fi
      fi
    fi
  fi
}

/* The newest password that Secrets hold. If another run has replaced it since the first read, this run only finishes. */
inline newest() {
  n = ((in1[me] && in2[me]) -> newer : (in1[me] -> 1 : (in2[me] -> 2 : 0)));
  if
  :: !create && noting[me] && !first[me] -> first[me] = (n -> n : OURS)
  :: !create && noting[me] && first[me] && n && n != first[me] -> renewed = true
  :: else
  fi
}

/* From the lists and the token: the Secrets to write, and the password to create for them. */
inline decide() {
  moved = moved & ~BIT(me); mine[me] = 0; o = 0; todo = 0; over = false;
  newest();
  if
  :: create && (in1[me] | in2[me]) & 4 -> over = true
  :: create && !((in1[me] | in2[me]) & 4) ->
    if
    :: n -> mine[me] = ((in1[me] & BIT(FIRST(in1[me] | in2[me]))) -> 1 : 2); todo = 4
    :: else -> todo = noting[me] | 4; choose()
    fi
  :: !create && noting[me] == 0 -> over = true
  :: !create && !n && noting[me] -> doubts = true; over = true /* the passwords have ended before the registry was asked */
  :: !create && !n && noting[me] -> todo = noting[me]; choose() /* or after */
#ifdef NO_TOGETHER
  :: !create && APART_FROM(newer) -> todo = noting[me] /* there is no slot for another password */
  :: !create && n && !APART_FROM(newer) && (noting[me] & ~HOLD(n)) ->
#else
  :: !create && n && (noting[me] & ~HOLD(n)) ->
#endif
    mine[me] = n; todo = noting[me] & ~HOLD(n)
  :: !create && n && noting[me] && !(noting[me] & ~HOLD(n)) ->
    if
    :: renewed -> over = true; mine[me] = n
    :: else -> todo = noting[me]; o = ((!(has & BIT(3 - n)) || MAY_WRITE_OVER(3 - n)) -> 3 - n : 0)
    fi
  fi
}

/* A run writes the password to a Secret. */
inline store(s) {
  if :: create -> named = named | 4 :: else fi;
  if :: mine[me] == OURS && !broke -> BROKEN("BROKEN a run wrote a password that had ended\n") :: else fi;
  if :: foreign & BIT(s) -> BROKEN("BROKEN a run wrote a Secret of another tool\n") :: else fi;
  bent = bent & ~BIT(s); bare = bare & ~BIT(s);
  prev[s] = ((ref[s] == mine[me]) -> prev[s] : ((ref[s] == 1 || ref[s] == 2) -> ref[s] : 0));
  if :: prev[s] == mine[me] -> prev[s] = 0 :: else fi;
  ref[s] = mine[me];
  same[0] = same[0] & ~BIT(s); same[1] = same[1] & ~BIT(s); same[2] = same[2] & ~BIT(s);
  if :: broke -> acted = acted | (7 & ~BIT(me)) :: else fi;
  if :: claim[s] == me + 1 -> claim[s] = 0; slot[s] = 0; due = due & ~BIT(s); covered = covered & ~BIT(s) :: else fi;
  written(s); fresh[me] = fresh[me] | BIT(s)
}

/*
 * A run ends its claims. The claim keeps the slot if a password of this or an earlier run may be left in it. A Secret that was created
 * for the claim is deleted, and the run reports the slot.
 */
inline letGo() {
  i = 0;
  do
  :: i < 3 ->
    if
    :: claim[i] == me + 1 ->
      claim[i] = 0; due = due & ~BIT(i); written(i);
      if :: blind && i == f && ref[i] == 0 && (covered & BIT(i)) -> told = told | BIT(slot[i]); slot[i] = 0; covered = covered & ~BIT(i) :: else fi;
      if :: (blind || (heir && !(moved & BIT(me))) || i != f) && (covered & BIT(i)) :: else -> slot[i] = 0; covered = covered & ~BIT(i) fi
    :: else
    fi;
    i++
  :: else -> break
  od
}

/* A Secret whose annotation was removed is not known to a run if the registry rejects the password inside. */
#define DIED(s) ((scope & ~bare & BIT(s)) && ref[s] >= OURS)
/* A run can crash after every request that changes something. */
#define OR_DIE if :: true :: crashes > 0 -> crashes--; printf("STEP %d dies\n", me); IS(DIES(me)); goto dead fi
/* An answer can be lost. */
#define OR_LOSE(then) if :: true :: losses > 0 -> losses--; printf("STEP %d loses the answer\n", me); then fi

proctype Run(byte me; bool create; byte scope) {
  byte o;             /* the slot to fill */
  byte todo;          /* Secrets to write */
  byte w;             /* the Secret that is being written */
  byte f;             /* the first Secret, which is claimed */
  byte claims;        /* Secrets to claim */
  byte leftAt;        /* Secrets with an ended claim that names a slot */
  byte live;          /* Secrets that another run claims */
  byte rounds;
  bool made;          /* this run has created a password */
  bool blind;         /* it may have, and does not know when: the answer was lost */
  bool again;         /* it starts again after the rollback */
  bool heir;          /* its claim takes over the slot of an ended claim */
  bool failed, lost, over, renewed;
  bool unnamed;       /* a Secret holds a password that works, and names one that Azure does not show */
  bool doubts;        /* an annotation names the token, and the password inside has ended: the run reports the Secret */

  if :: me == 1 && scope == 7 -> begun :: else fi; /* the two rotations are interchangeable */
begin:
  atomic {
    made = false; blind = false; heir = false; doubts = false; again = false; lost = false; w = 0; f = 0; todo = 0; o = 0; claims = 0; plan[me] = 0;
    forget(); mine[me] = 0; saw[me] = 0; same[me] = 0; begun = true;
#ifndef LATE_NAME
    if :: create -> named = named | 4 :: else fi;
#endif
    if
    :: rounds == ROUNDS -> goto fail
    :: rounds < ROUNDS && rounds == 0 && losses + crashes > 0 -> goto fail
    :: rounds < ROUNDS -> rounds++
    fi;
    skip
  };
#ifndef NO_HAND_CLAIM
  if
  :: create && ALONE ->
    atomic {
      (!claim[2] || (due & 4) || claim[2] == me + 1);
      d_step { claim[2] = me + 1; slot[2] = 0; covered = covered & ~4; due = due & ~4; written(2) };
      printf("STEP %d claims Secret 2\n", me);
      IS(CLAIMS(me, 2, 0));
      OR_DIE
    }
  :: else
  fi;
#endif
  atomic { d_step { acted = acted & ~BIT(me); list(0); list(1) } }
  atomic {
    list(2);
    newest();
#ifndef NO_CLAIM
    if
    :: live ->
      printf("STEP %d waits\n", me);
      if :: live & far -> BROKEN("BROKEN a run waits for a claim that never ends\n") :: else fi;
      ((live & ~fresh[me]) || (live & due) || ((live & 1) && !claim[0]) || ((live & 2) && !claim[1]) || ((live & 4) && !claim[2]));
      rounds--;
      goto begin
    :: else
    fi
#endif
  }
  atomic {
    d_step { decide(); printf("STEP %d looks: makes %d, writes %d\n", me, o, todo) };
    if
    :: over -> goto finish
    :: !over && !o && !mine[me] -> goto refuse
    :: !over && !o && mine[me] -> d_step { forget(); fresh[me] = fresh[me] & todo; same[me] = 0; w = FIRST(todo) }; goto writing
    :: !over && o ->
      d_step {
        f = FIRST(todo);
        claims = BIT(f);
#ifndef NO_TAKE
        if :: left[me] & BIT(o) -> claims = claims | leftAt :: else fi;
#endif
        plan[me] = o; heir = (left[me] & BIT(o) -> 1 : 0);
        forget(); fresh[me] = fresh[me] & (todo | claims); same[me] = same[me] & BIT(f); w = f
      }
    fi
  }

#ifndef NO_CLAIM
claiming:
  atomic {
    if
    :: !(fresh[me] & BIT(w)) -> again = true; goto release
#ifdef NO_CLAIM_SEEN
    :: !(fresh[me] & BIT(w)) && (same[me] & BIT(w)) && (!claim[w] || (due & BIT(w))) ->
#else
    :: !(fresh[me] & BIT(w)) && (same[me] & BIT(w)) && !claim[w] && !slot[w] ->
#endif
      printf("STEP %d looks at Secret %d once more\n", me, w);
      fresh[me] = fresh[me] | BIT(w); goto claiming
    :: (fresh[me] & BIT(w)) && claim[w] && claim[w] != me + 1 && !((due | far) & BIT(w)) ->
      printf("STEP %d waits\n", me);
      (!(fresh[me] & BIT(w)) || (due & BIT(w)) || !claim[w]);
      again = true; rounds--;
      goto release
    :: (fresh[me] & BIT(w)) && !(claim[w] && claim[w] != me + 1 && !((due | far) & BIT(w))) ->
      OR_LOSE(goto release);
      d_step {
        if
        :: w == f ->
          claim[f] = me + 1;
          if :: heir && !(moved & BIT(me)) -> covered = covered | BIT(f) :: else -> covered = covered & ~BIT(f) fi;
#ifndef NO_NOTE
          slot[f] = o
#endif
        :: else -> claim[w] = 0; slot[w] = 0; covered = covered & ~BIT(w)
        fi;
        due = due & ~BIT(w); far = far & ~BIT(w);
        written(w); fresh[me] = fresh[me] | BIT(w);
        printf("STEP %d claims Secret %d for slot %d\n", me, w, o)
      };
      IS(CLAIMS(me, w, (w == f -> o : 0)));
      OR_LOSE(goto release);
      claims = claims & ~BIT(w);
      OR_DIE;
      if :: claims -> w = FIRST(claims); goto claiming :: else -> w = 0; same[me] = 0 fi
    fi
  }
#endif

  atomic {
    if
#ifndef NO_CLAIM
    :: claim[f] != me + 1 -> goto begin
#endif
#ifndef NO_LOOK
    :: (moved & BIT(me)) -> again = true; goto release
#endif
    :: else -> due = due & ~BIT(f); apart = apart | BIT(me)
    fi;
#ifdef APART
  };
  atomic {
#endif
    OR_LOSE(blind = true; apart = apart & ~BIT(me); plan[me] = 0; moved = moved & ~BIT(me); goto release);
    d_step { make(o); apart = apart & ~BIT(me); made = true; heir = false; printf("STEP %d makes slot %d\n", me, o) };
    IS(MAKES(me, o));
    OR_LOSE(blind = true; goto release);
    OR_DIE
  }

  atomic {
    w = f;
    if
    :: mine[me] != o -> again = true; printf("STEP %d finds its password gone\n", me); goto release
    :: mine[me] == o && losses > 0 -> losses--; printf("STEP %d proves nothing\n", me); goto undo
    :: mine[me] == o
    fi
  }

writing:
  atomic {
    if
    :: !(fresh[me] & BIT(w)) -> goto looking
    :: (fresh[me] & BIT(w)) && losses > 0 -> losses--; printf("STEP %d loses a write\n", me); lost = true; fresh[me] = fresh[me] & ~BIT(w); goto looking
    :: (fresh[me] & BIT(w)) -> d_step { store(w); printf("STEP %d writes slot %d to Secret %d\n", me, mine[me], w) };
      WROTE
    fi;
    OR_LOSE(lost = true; goto looking);
    OR_DIE;
    goto next
  }
next:
  atomic {
    lost = false;
    todo = todo & ~BIT(w); fresh[me] = fresh[me] & todo;
#ifdef EARLY
    if :: made && (has & BIT(3 - o)) && todo -> d_step { n = 3 - o; clear(n) } :: else fi;
#endif
    /* After the first Secret, in any order */
    if
    :: todo -> w = FIRST(todo); goto writing
    :: todo & (todo - 1) -> w = LAST(todo); goto writing
    :: else -> w = 0
    fi;
    if
    :: failed -> goto undo
    :: !failed && create -> goto well
    :: !failed && !create -> renewed = true; rounds--
    fi;
#ifndef NO_LAST_LOOK
    goto begin
#else
    if :: GRACE -> goto well :: else -> goto begin fi
#endif
  }

looking:
  atomic { fresh[me] = fresh[me] | BIT(w); saw[me] = ref[w] }
  atomic {
    over = ((saw[me] == mine[me] && mine[me] < OURS) || (!create && saw[me] == 0));
    if
    :: over -> over = false; saw[me] = 0; goto next
#ifndef WRITE_FOREIGN
    :: !over && ((foreign | bare) & BIT(w)) -> failed = true; saw[me] = 0; if :: made && w == f -> goto undo :: else -> goto next fi
#endif
#ifndef WRITE_FOREIGN
    :: !over && !((foreign | bare) & BIT(w)) && lost -> failed = true; saw[me] = 0; if :: made && w == f -> goto undo :: else -> goto next fi
#else
    :: !over && lost -> failed = true; saw[me] = 0; if :: made && w == f -> goto undo :: else -> goto next fi
#endif
    :: else
    fi;
    if
#ifndef NO_GATE
    :: made && w == f -> again = true; saw[me] = 0; goto undo
#endif
    :: mine[me] == OURS || mine[me] == THEIRS -> again = true; saw[me] = 0; goto undo
    :: else ->
      if
      :: saw[me] == 3 - mine[me] && (newer == saw[me] || create) -> saw[me] = 0; goto next
      :: else -> saw[me] = 0; goto writing
      fi
    fi
  }

finish:
  /* After the last read: every Secret has the newest password. */
  atomic {
    if
    :: !GRACE && !create && mine[me] && (past[me] & has & BIT(3 - mine[me])) && !HELD(3 - mine[me]) && !ANY_HELD && !OUTSIDE ->
      OR_LOSE(goto fail);
      d_step { clear(3 - mine[me]); printf("STEP %d clears slot %d\n", me, 3 - mine[me]) };
      IS(CLEARS(me, 3 - mine[me]));
      OR_LOSE(goto fail);
      OR_DIE
    :: else
    fi;
    goto well
  }

undo:
  atomic { if :: !made || mine[me] != o -> goto release :: else -> d_step { forget(); list(0); list(1) } fi }
  atomic { list(2) }
  atomic {
    if
    :: mine[me] == o && !HELD(o) && ANY_HELD -> blind = true; again = false
    :: mine[me] == o && !HELD(o) && !ANY_HELD ->
      if
      :: d_step { clear(o); printf("STEP %d takes slot %d back\n", me, o) }; IS(CLEARS(me, o)); OR_DIE
      :: losses > 0 -> losses--; blind = true; again = false
      fi
    :: else
    fi
  }
release:
  atomic { d_step { letGo() }; if :: again -> goto begin :: else -> goto fail fi }

well:
  atomic {
    if :: doubts -> goto refuse :: else fi;
    d_step { letGo() };
    printf("STEP %d ends well\n", me);
    IS(ENDS_WELL(me));
    if
    :: !(acted & BIT(me)) && (create -> ref[2] >= OURS : DIED(0) || DIED(1) || DIED(2)) ->
      BROKEN("BROKEN a Secret holds an ended password after a run that succeeded\n")
    :: else
    fi;
    over = true; goto done
  }
refuse:
  atomic { d_step { letGo() }; printf("STEP %d is refused\n", me); IS(ENDS_ELSE(me)); again = true; over = false; goto done }
fail:
  atomic { d_step { letGo() }; printf("STEP %d fails\n", me); IS(ENDS_ELSE(me)); again = false; over = false; goto done }
dead:
  atomic { if :: claim[0] == me + 1 || claim[1] == me + 1 || claim[2] == me + 1 -> gone = gone | BIT(me) :: else fi; again = false; over = false; goto done }
done:
  atomic {
    if :: alone -> result = (over -> WELL : (again -> REFUSED : FAILED)) :: else fi;
    forget(); mine[me] = 0; saw[me] = 0; same[me] = 0; first[me] = 0; plan[me] = 0; fresh[me] = 0; moved = moved & ~BIT(me); apart = apart & ~BIT(me); acted = acted & ~BIT(me);
    o = 0; todo = 0; w = 0; f = 0; claims = 0; rounds = 0; made = 0; blind = 0; heir = 0; again = 0; failed = 0; lost = 0; over = 0; renewed = 0; doubts = 0; unnamed = 0;
    ended++
  }
}

/* The claim of a crashed run ends. It keeps the slot if a password was created in it since. */
#define ENDS(s) claim[s] && (gone & BIT(claim[s] - 1)) -> d_step { \
  n = claim[s]; claim[s] = 0; if :: covered & BIT(s) :: else -> slot[s] = 0 fi; \
  if :: claim[0] == n || claim[1] == n || claim[2] == n :: else -> gone = gone & ~BIT(n - 1) fi }
/* The claim of a slow run ends too, but not between its second read and the request that creates the password. */
#define SLOWLY(s) claim[s] && !((due | far) & BIT(s)) && !((apart | gone) & BIT(claim[s] - 1)) -> due = due | BIT(s)

proctype Clock() {
end:
  do
  :: atomic { ENDS(0) }
  :: atomic { ENDS(1) }
  :: atomic { ENDS(2) }
#ifdef SLOW
  :: atomic { SLOWLY(0) }
  :: atomic { SLOWLY(1) }
  :: atomic { SLOWLY(2) }
#endif
  od
}

/* A person runs `az acr token credential generate` once, or never. */
proctype Person() {
  byte o;
  atomic {
    if :: o = 1 :: o = 2 :: goto over fi;
    d_step {
      dies(o, THEIRS);
      has = has | BIT(o); newer = o; theirs = theirs | BIT(o); acted = 7; excused = excused & ~BIT(o);
      if
      :: (slot[0] == o && (covered & 1)) || (slot[1] == o && (covered & 2)) || (slot[2] == o && (covered & 4)) -> excused = excused | BIT(o)
      :: else
      fi;
      printf("STEP 9 makes slot %d\n", o)
    };
    IS(MAKES(9, o))
  };
over:
  atomic { o = 0; ended++ }
}

/*
 * A tenant, who can write annotations and labels in one namespace, or another tool that does: once, or never. The tenant cannot name when
 * a password was created that the Secret never held: Azure shows that to its users alone.
 */
#ifndef TENANT_AT
#define TENANT_AT 1
#endif
#define CLAIMS_FALSELY d_step { \
  slot[TENANT_AT] = o; due = due & ~BIT(TENANT_AT); far = far & ~BIT(TENANT_AT); covered = covered & ~BIT(TENANT_AT) }
proctype Tenant() {
  byte o;
  atomic {
    if
    :: bare = bare | BIT(TENANT_AT); prev[TENANT_AT] = 0; printf("STEP 7 removes the annotation of Secret %d\n", TENANT_AT)
    :: bent = bent | BIT(TENANT_AT); prev[TENANT_AT] = 0; printf("STEP 7 names another password on Secret %d\n", TENANT_AT)
    :: foreign = foreign | BIT(TENANT_AT); printf("STEP 7 writes the label of another tool on Secret %d\n", TENANT_AT)
    :: if :: o = 1 :: o = 2 fi;
      CLAIMS_FALSELY; claim[TENANT_AT] = TENANT; far = far | BIT(TENANT_AT);
      printf("STEP 7 claims Secret %d for slot %d until the year 2999\n", TENANT_AT, o)
    :: if :: (has & 2) -> o = 1 :: (has & 4) -> o = 2 fi;
      CLAIMS_FALSELY; claim[TENANT_AT] = 0; covered = covered | BIT(TENANT_AT);
      printf("STEP 7 writes a claim on Secret %d that has ended and names slot %d\n", TENANT_AT, o)
    :: true
    fi;
    d_step {
      written(TENANT_AT);
      same[0] = same[0] & ~BIT(TENANT_AT); same[1] = same[1] & ~BIT(TENANT_AT); same[2] = same[2] & ~BIT(TENANT_AT)
    };
    o = 0; ended++
  }
}

/*
 * A second team, whose Secret has the same name: it creates a shared credential for the Secrets that it selects. Its name comes from the
 * cluster, the name of the Secret and the first namespace that is selected.
 */
#ifdef ONE_NAME
#define SAME_TOKEN(selected) true
#else
#define SAME_TOKEN(selected) ((selected) & 1)
#endif
proctype Team() {
  byte selected;
  atomic {
    if :: selected = 4 :: selected = 5 fi;
    printf("STEP 6 selects the Secrets %d\n", selected);
    if
    :: !SAME_TOKEN(selected)
    :: SAME_TOKEN(selected) && selected == 4 -> BROKEN("BROKEN a team gets no credential of its own\n")
#ifndef ADD_ALWAYS
    :: SAME_TOKEN(selected) && selected != 4 && ((LIVES(0) || LIVES(1)) && (((LIVES(0) -> 1 : 0) | (LIVES(1) -> 2 : 0)) & ~selected))
#endif
    :: else ->
      if :: LIVES(1) && !(selected & 2) -> BROKEN("BROKEN a team widened the credential of another team\n") :: else fi
    fi;
    selected = 0; ended++
  }
}

/* A valid password of a run that no Secret holds, and no annotation names as the previous one. */
#define ORPHAN(o) ((has & BIT(o)) && !(theirs & BIT(o)) && ref[0] != o && ref[1] != o && ref[2] != o && prev[0] != o && prev[1] != o && prev[2] != o)
/* The token's name, a claim or a message of the run shows whose it is. */
#define TOUCHED (foreign | bare | bent)
#define SEEN(o) (ALONE || (slot[0] == o && (covered & 1)) || (slot[1] == o && (covered & 2)) || (slot[2] == o && (covered & 4)) || (told & BIT(o)))
#define NOTES(s) (ref[s] != 0)
#define DEAD(s) (ref[s] >= OURS)
#define ALIKE(s, t) (!LIVES(s) || !LIVES(t) || ref[s] == ref[t])

/*
 * The beginnings: the third Secret does not exist, has the password, or an expired one. The second slot is empty, has the previous
 * password, has another user's, or has the password of the third Secret.
 */
#ifndef THIRDS
#define THIRDS 7
#endif
#ifndef SECONDS
#define SECONDS 7
#endif
#define MAY_HOLD(third) (THIRDS & BIT(third))
#define MAY_HAVE(second) (SECONDS & BIT(second))

init {
  atomic {
    has = 2; ref[0] = 1; ref[1] = 1; named = 3;
    if
    :: MAY_HOLD(0) -> ref[2] = 0
    :: MAY_HOLD(1) -> ref[2] = 1
    :: MAY_HOLD(2) -> ref[2] = THEIRS
    fi;
    if
    :: MAY_HAVE(0) -> true
    :: MAY_HAVE(1) -> has = 6; prev[0] = 2; prev[1] = 2; if :: ref[2] == 1 -> prev[2] = 2 :: else fi
    :: MAY_HAVE(2) -> has = 6; theirs = 4
    :: MAY_HAVE(3) && ref[2] == 1 -> has = 6; ref[2] = 2
    fi;
    if :: ref[2] != 0 -> named = 7 :: else fi;
    printf("STEP 8 begins: Secret 2 has %d, slots %d, theirs %d\n", ref[2], has, theirs);
#ifdef TRACE
    select (which : 0 .. TRACES - 1);
    (ref[2] == FIRST_REF(which) && has == FIRST_SLOTS(which) && theirs == 0);
#endif
    run Clock();
    if :: ROTATIONS -> run Run(0, false, SCOPE) :: else -> ended++ fi;
    if :: ROTATIONS == 2 -> run Run(1, false, SCOPE) :: else -> ended++ fi;
    if :: CREATIONS -> run Run(2, true, (ALONE -> 7 : 4)) :: else -> ended++ fi;
    if :: PERSONS -> run Person() :: else -> ended++ fi;
    if :: TENANTS -> run Tenant() :: else -> ended++ fi;
    if :: TEAMS -> run Team() :: else -> ended++ fi
  };
  atomic {
    ended == 6 && !gone;
    crashes = 0; losses = 0;
#ifdef TRACE
    REPLAYED;
#endif
    printf("STEP 8 all have ended\n");
    if :: ORPHAN(1) && ORPHAN(2) -> BROKEN("BROKEN two passwords are left over\n") :: else fi;
    if :: (ORPHAN(1) && !SEEN(1)) || (ORPHAN(2) && !SEEN(2)) -> BROKEN("BROKEN nothing shows whose a password is\n") :: else fi;
    alone = true;
    if :: run Run(0, false, 7) :: run Run(0, true, (ALONE -> 7 : 4)); creates = true fi
  };
  atomic {
    ended == 7;
#ifdef TRACE
    REPLAYED;
#endif
    if
    :: result == REFUSED && creates && has == 6 && (!ALONE || TOUCHED)
    :: result == REFUSED && !creates && TOUCHED
    :: result == REFUSED && !creates && !ALONE && (theirs || ORPHAN(1) || ORPHAN(2)) && ALIKE(0, 1) && ALIKE(1, 2) && ALIKE(0, 2)
    :: result == REFUSED && !creates && (DEAD(0) || DEAD(1) || DEAD(2)) && ALIKE(0, 1) && ALIKE(1, 2) && ALIKE(0, 2)
    :: result == WELL && creates && LIVES(2)
    :: result == WELL && !creates && (!NOTES(0) || LIVES(0)) && (ref[0] == ref[1] || (TOUCHED & 3)) && (!NOTES(2) || ref[2] == ref[0] || (TOUCHED & 5))
    :: else -> BROKEN("BROKEN one more run does not succeed\n")
    fi;
    if :: (ORPHAN(1) && !SEEN(1)) || (ORPHAN(2) && !SEEN(2)) -> BROKEN("BROKEN nothing shows whose a password is\n") :: else fi
  }
}
