using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace WeChat.UnionPush.Tests;

/// <summary>
/// One run of a scenario in which one piece of work runs at a time and <see cref="Decisions"/> say which: at every continuation of an <c>await</c>, every lock, every
/// atomic operation and every access to a field that changes. Time stands still while anything can run, unless a scenario lets it flow, and otherwise goes
/// to the next timer. Nothing of a run depends on the machine, so the same decisions make the same run.
/// </summary>
/// <remarks>
/// What it sees is what <see cref="Weaver"/> brings under it: the library's own code. It does not see inside the framework (a collection's method is one step),
/// does not reorder memory accesses as a processor may, and steps at fields only in the types that a scenario names.
/// </remarks>
internal sealed class Schedule
{
    private const int MostDecisions = 50_000;

    [ThreadStatic]
    private static Worker? t_worker;

    private readonly Decisions _decisions;
    private readonly Crew _crew;
    private readonly List<Piece> _ready = [];
    private readonly Dictionary<object, (Piece Owner, int Depth)> _locks = new(ReferenceEqualityComparer.Instance);
    private readonly Context _context;
    private readonly SemaphoreSlim _ended = new(0);
    private readonly List<string>? _story;
    private int _points;
    private Task? _root;

    public Schedule(Decisions decisions, Crew crew, bool tells)
    {
        (_decisions, _crew) = (decisions, crew);
        _context = new Context(this);
        _story = tells ? [] : null;
        Scheduler = new Inside(this);
        Time = new VirtualTime(this);
        Random = new Random(1);
    }

    /// <summary>The run that the calling thread works for; <see langword="null"/> outside of one.</summary>
    public static Schedule? Current => t_worker?.Piece?.Schedule;

    /// <summary>Where pieces of work begin that are no continuations.</summary>
    public TaskScheduler Scheduler { get; }

    public VirtualTime Time { get; }

    /// <summary>Stands for <see cref="Random.Shared"/>.</summary>
    public Random Random { get; }

    /// <summary>Whether time may go on while somebody works, as it does on a slow machine.</summary>
    public bool TimeFlows { get; set; }

    /// <summary>Why the run is a failure; <see langword="null"/> when it is none.</summary>
    public string? Failure { get; private set; }

    /// <summary>What happened, where it was asked for.</summary>
    public IReadOnlyList<string> Story => _story ?? [];

    /// <summary>A place at which another piece of work may go on.</summary>
    public static void Point(string where)
    {
        if (t_worker is { Piece: { } piece } worker && piece.Schedule is var schedule)
        {
            schedule.Step(worker, piece, where);
        }
    }

    public static void Enter(object gate, ref bool taken)
    {
        if (t_worker is not { Piece: { } piece } worker)
        {
            Monitor.Enter(gate, ref taken);
            return;
        }

        var schedule = piece.Schedule;
        schedule.Step(worker, piece, "lock");
        schedule.Wait(worker, piece, () => !schedule._locks.TryGetValue(gate, out var held) || held.Owner == piece);
        schedule._locks[gate] = (piece, schedule._locks.GetValueOrDefault(gate).Depth + 1);
        taken = true;
    }

    public static void Exit(object gate)
    {
        if (t_worker is not { Piece: { } piece } worker)
        {
            Monitor.Exit(gate);
            return;
        }

        var schedule = piece.Schedule;
        var (_, depth) = schedule._locks[gate];
        if (depth > 1)
        {
            schedule._locks[gate] = (piece, depth - 1);
            return;
        }

        schedule._locks.Remove(gate);
        schedule.Step(worker, piece, "unlock");
    }

    /// <summary>Keeps the calling thread until something is so, while others work.</summary>
    public static void Until(Func<bool> isSo)
    {
        if (t_worker is { Piece: { } piece } worker)
        {
            piece.Schedule.Wait(worker, piece, isSo);
        }
    }

    /// <summary>Lets others work, as a call does that leaves the process.</summary>
    [SuppressMessage("Performance", "CA1822", Justification = "Reads as what it is about.")]
    public async Task StepAsync() => await Task.Yield();

    /// <summary>Whether something happens that the scenario leaves open, such as a store that fails: a decision like the others, seldom yes.</summary>
    public bool May(string what)
    {
        var does = Decide(2, DecisionKind.Event) == 1;
        Tell(does ? what : $"not: {what}");
        return does;
    }

    /// <summary>One of several, which the scenario leaves open.</summary>
    public int Choose(int count) => Decide(count, DecisionKind.Choice);

    /// <summary>Begins something that runs beside the caller.</summary>
    public Task Start(Func<Task> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, Scheduler).Unwrap();

    /// <summary>Adds a line to the story.</summary>
    public void Tell(string what) => _story?.Add($"{Time.GetUtcNow():HH:mm:ss.fff} {what}");

    /// <summary>Ends the run with a failure where something does not hold. For what the library calls, whose exceptions it may take for its own business.</summary>
    public void Demand(bool holds, string otherwise)
    {
        if (!holds)
        {
            Fail($"{otherwise}{Environment.NewLine}{Environment.StackTrace}");
        }
    }

    public void Fail(string failure)
    {
        Failure ??= failure;
        _ended.Release();
    }

    /// <summary>Runs a scenario to its end.</summary>
    public void Run(IScenario scenario)
    {
        _crew.Begin(new Piece(this, _ => _root = Start(() => scenario.RunAsync(this)), null));
        if (!_ended.Wait(Runs.Patience))
        {
            Failure = "The run stands still: something waits outside of the schedule. Where does a task end on a thread of the pool?";
        }

        if (Failure is null && _root!.Exception is { } exception)
        {
            Failure = exception.InnerException!.ToString();
        }
    }

    internal void Post(SendOrPostCallback callback, object? state, string? what = null)
    {
        if (t_worker is not { Piece: { } piece } worker || piece.Schedule != this)
        {
            Fail($"Something goes on outside of the schedule, on a thread of the pool, and would differ from run to run: {NameOf(callback, state)}.{Environment.NewLine}"
                + Environment.StackTrace);
            return;
        }

        _ready.Add(new Piece(this, callback, state));
        Step(worker, piece, what ?? "post");
    }

    internal void Add(SendOrPostCallback callback, object? state) => _ready.Add(new Piece(this, callback, state));

    private static string NameOf(SendOrPostCallback callback, object? state)
    {
        var (method, target) = (state is Task task ? ActionOf(task) : state) is Delegate action ? (action.Method, action.Target) : (callback.Method, state);
        var type = target?.GetType();
        var machine = type is { IsGenericType: true } ? Array.Find(type.GetGenericArguments(), static one => one.Name.StartsWith('<')) : null;
        return target as string ?? $"{NameOf(machine ?? method.DeclaringType!)}{(machine is null ? $".{Plain(method.Name)}" : " goes on")}";

        static object? ActionOf(Task task) => typeof(Task).GetField("m_action", BindingFlags.Instance | BindingFlags.NonPublic)?.GetValue(task);

        // The compiler's names hold the author's.
        static string Plain(string name) => name.Split(['<', '>'], StringSplitOptions.RemoveEmptyEntries)[0];

        static string NameOf(Type type) => type.DeclaringType is { } outer ? $"{NameOf(outer)}.{Plain(type.Name)}" : type.Name;
    }

    private int Decide(int count, DecisionKind kind)
    {
        if (++_points > MostDecisions)
        {
            Fail($"It does not end within {MostDecisions} decisions.");
            Thread.Sleep(Timeout.Infinite);
        }

        try
        {
            return count == 1 ? 0 : _decisions.Next(count, kind);
        }
        catch (InvalidOperationException exception)
        {
            Fail(exception.Message);
            Thread.Sleep(Timeout.Infinite);
            return 0;
        }
    }

    /// <summary>Goes on, or lets another piece of work do so first.</summary>
    private void Step(Worker worker, Piece piece, string where)
    {
        if (Failure is not null)
        {
            Thread.Sleep(Timeout.Infinite);
        }

        var others = CountAble();
        if (others == 0 || Decide(others + 1, DecisionKind.Point) is not (> 0 and var choice))
        {
            return;
        }

        var next = Able(choice - 1);

        _story?.Add($"             … stops at {where}");
        _ready.Add(piece);
        GoOnWith(next);
        worker.Park();
        _story?.Add($"             … goes on at {where}");
    }

    /// <summary>Waits for something that another piece of work must do.</summary>
    private void Wait(Worker worker, Piece piece, Func<bool> isSo)
    {
        if (isSo())
        {
            return;
        }

        piece.Until = isSo;
        _ready.Add(piece);
        if (Next() is { } next)
        {
            if (next != piece)
            {
                GoOnWith(next);
                worker.Park();
            }
            else
            {
                _ready.Remove(piece);
            }
        }
        else
        {
            worker.Park();
        }

        piece.Until = null;
    }

    private int CountAble()
    {
        var count = 0;
        foreach (var piece in _ready)
        {
            count += piece.IsAble ? 1 : 0;
        }

        return count;
    }

    private Piece Able(int number)
    {
        foreach (var piece in _ready)
        {
            if (piece.IsAble && number-- == 0)
            {
                return piece;
            }
        }

        throw new InvalidOperationException("Nobody is there who was counted.");
    }

    /// <summary>Chooses who goes on when the piece at work has ended or waits; <see langword="null"/> when the run is over.</summary>
    private Piece? Next()
    {
        while (Failure is null)
        {
            var able = CountAble();
            var isOver = _root?.IsCompleted == true;
            if (able > 0)
            {
                var clock = TimeFlows && !isOver && Time.HasTimer ? 1 : 0;
                var choice = Decide(able + clock, clock > 0 ? DecisionKind.NextOrTime : DecisionKind.Next);
                if (choice < able)
                {
                    return Able(choice);
                }

                Time.MoveOn();
            }
            else if (isOver)
            {
                // Whoever still waits for a lock waits for ever.
                if (_ready.Count > 0)
                {
                    Fail("The scenario is over, and somebody still waits for a lock.");
                }

                return null;
            }
            else if (!Time.MoveOn())
            {
                Fail("Everybody waits, and no timer is set: somebody waits for ever, or for something outside of the schedule.");
            }
        }

        return null;
    }

    private void GoOnWith(Piece next)
    {
        _ready.Remove(next);
        if (next.Worker is { } parked)
        {
            parked.GoOn();
        }
        else
        {
            _crew.Begin(next);
        }
    }

    /// <summary>Threads that work for runs, one of them at a time for each run.</summary>
    public sealed class Crew
    {
        private readonly Stack<Worker> _idle = new();

        internal void Begin(Piece piece)
        {
            var worker = _idle.TryPop(out var idle) ? idle : new Worker(this);
            worker.Begin(piece);
        }

        internal void Rest(Worker worker) => _idle.Push(worker);

        /// <summary>Ends the threads that have nothing to do.</summary>
        public void Dismiss()
        {
            while (_idle.TryPop(out var worker))
            {
                worker.GoOn();
            }
        }
    }

    /// <summary>A piece of work: a continuation, or the body of a task. It may be parked in its middle.</summary>
    internal sealed class Piece(Schedule schedule, SendOrPostCallback callback, object? state)
    {
        public Schedule Schedule => schedule;

        /// <summary>The thread on which it is parked.</summary>
        public Worker? Worker { get; set; }

        /// <summary>What it waits for.</summary>
        public Func<bool>? Until { get; set; }

        public bool IsAble => Until is null || Until();

        public string Name => NameOf(callback, state);

        public void Run() => callback(state);
    }

    internal sealed class Worker
    {
        private readonly Crew _crew;
        private readonly object _gate = new();
        private bool _goesOn;

        public Worker(Crew crew)
        {
            _crew = crew;
            new Thread(Work) { IsBackground = true, Name = "Schedule" }.UnsafeStart();
        }

        public Piece? Piece { get; private set; }

        public void Begin(Piece piece)
        {
            Piece = piece;
            piece.Worker = this;
            GoOn();
        }

        public void GoOn()
        {
            lock (_gate)
            {
                _goesOn = true;
                Monitor.Pulse(_gate);
            }
        }

        // Without spinning: a run has one thread at work, and the machine has others to do.
        public void Park()
        {
            lock (_gate)
            {
                while (!_goesOn)
                {
                    Monitor.Wait(_gate);
                }

                _goesOn = false;
            }
        }

        [SuppressMessage("Design", "CA1031", Justification = "It is the run's failure.")]
        private void Work()
        {
            t_worker = this;
            Park();
            while (Piece is { } piece)
            {
                var schedule = piece.Schedule;
                SynchronizationContext.SetSynchronizationContext(schedule._context);
                try
                {
                    schedule._story?.Add($"{schedule.Time.GetUtcNow():HH:mm:ss.fff} {piece.Name}");
                    piece.Run();
                }
                catch (Exception exception)
                {
                    schedule.Fail(exception.ToString());
                }

                var next = schedule.Next();
                if (schedule.Failure is not null)
                {
                    return;
                }

                if (next is { Worker: null })
                {
                    schedule._ready.Remove(next);
                    Piece = next;
                    next.Worker = this;
                    continue;
                }

                // At rest before anybody else works, so that one thread at a time touches what they share.
                Piece = null;
                _crew.Rest(this);
                if (next is null)
                {
                    schedule._ended.Release();
                }
                else
                {
                    schedule.GoOnWith(next);
                }

                Park();
            }
        }
    }

    private sealed class Context(Schedule schedule) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => schedule.Post(d, state);

        public override void Send(SendOrPostCallback d, object? state) => d(state);

        public override SynchronizationContext CreateCopy() => this;
    }

    private sealed class Inside(Schedule schedule) : TaskScheduler
    {
        protected override void QueueTask(Task task) => schedule.Post(task1 => TryExecuteTask((Task)task1!), task, "Task.Run");

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
