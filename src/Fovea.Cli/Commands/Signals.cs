using System.Runtime.InteropServices;
using Fovea.Cli.Terminal;

namespace Fovea.Cli.Commands;

/// <summary>
/// What signals do to this process (docs/decisions/0024). The first SIGINT, SIGTERM or SIGHUP cancels <see cref="Stop"/>; work that has not ended after
/// <see cref="Grace"/> is ended with the process, which no artefact minds. A second one, and SIGQUIT, end the process at once. A signal that the parent
/// ignores (<c>nohup</c>, a script's <c>&amp;</c>) stays ignored, as in other programs.
/// </summary>
internal sealed partial class Signals : IDisposable
{
    /// <summary>How long work may take to end by itself.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1.2);

    // 'timeout' and some schedulers send one signal twice, to the process and to its group.
    private static readonly TimeSpan SameSignal = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastWord = TimeSpan.FromMilliseconds(400);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private string _message = "fovea: interrupted";
    private TimeSpan _grace = Grace;
    private bool _leavesInterrupts;
    private long _firstAt;
    private int _code;
    private readonly Lock _gate = new();
    private bool _printed;

    private Signals()
    {
    }

    /// <summary>Those of this process: signals are the process's, and so is what answers them.</summary>
    public static Signals OfProcess { get; } = new();

    public CancellationToken Stop => _stop.Token;

    /// <summary>128 + the number of the first signal; 0 while there was none.</summary>
    public int ExitCode => Volatile.Read(ref _code);

    /// <summary>Begins to answer signals; where the system refuses, they keep their default, which is to end the process.</summary>
    public void Install()
    {
        _ = Console.Error; // made now: when it is needed there may be no descriptor or no time left for it
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT })
        {
            try
            {
                _registrations.Add(PosixSignalRegistration.Create(signal, Answer));
            }
            catch (Exception e) when (e is IOException or PlatformNotSupportedException or TypeInitializationException { InnerException: IOException })
            {
                return; // no descriptors left for the runtime's pipe
            }
        }
    }

    /// <summary>What to say when a signal ends the work that begins now.</summary>
    public void SetMessage(string line) => Volatile.Write(ref _message, line);

    /// <summary>Prints that line on standard error, once.</summary>
    public void PrintMessage()
    {
        lock (_gate)
        {
            if (_printed)
            {
                return;
            }

            _printed = true;
            StandardError.Line(Volatile.Read(ref _message));
        }
    }

    /// <summary>
    /// In a worker: the terminal sends Ctrl-C to the whole group, and the scheduler alone decides and speaks. It waits a little longer than its workers,
    /// so that it hears of their end.
    /// </summary>
    public void LeaveInterruptsToParent()
    {
        _leavesInterrupts = true;
        _grace = Grace - TimeSpan.FromSeconds(0.3);
        _printed = true;
    }

    /// <summary>Cancels <see cref="Stop"/>, and ends the process if it has not ended by itself in time.</summary>
    /// <param name="code">Exit code of the process in that case.</param>
    public void End(int code)
    {
        if (Interlocked.CompareExchange(ref _code, code, 0) != 0)
        {
            return;
        }

        InBackground(() =>
        {
            Thread.Sleep(_grace);
            EndNow(code);
        });
        try
        {
            _stop.Cancel();
        }
        catch (AggregateException)
        {
            // What was to be stopped has ended already.
        }
    }

    public void Dispose()
    {
        _registrations.ForEach(r => r.Dispose());
        _stop.Dispose();
    }

    private void Answer(PosixSignalContext context)
    {
        context.Cancel = true;
        var now = Environment.TickCount64;
        var first = Interlocked.CompareExchange(ref _firstAt, now, 0);
        var code = CodeOf(context.Signal);
        if (context.Signal == PosixSignal.SIGQUIT || (first != 0 && now - first >= SameSignal.TotalMilliseconds))
        {
            EndNow(code);
        }
        else if (first == 0 && !(_leavesInterrupts && context.Signal == PosixSignal.SIGINT))
        {
            End(code);
        }
    }

    private static int CodeOf(PosixSignal signal) => 128 + signal switch
    {
        PosixSignal.SIGHUP => 1,
        PosixSignal.SIGINT => 2,
        PosixSignal.SIGQUIT => 3,
        _ => 15,
    };

    // Every artefact is whole or known to be unfinished at any moment, so nothing needs to be wound up. Only the line is waited for, and not for long.
    private void EndNow(int code)
    {
        var speaker = InBackground(() =>
        {
            if (!Console.IsErrorRedirected && !_printed)
            {
                StandardError.Write("\e[?25h\n"); // progress bars hide the cursor
            }

            PrintMessage();
        });
        speaker.Join(LastWord);
        if (OperatingSystem.IsWindows())
        {
            Environment.Exit(code);
        }

        ExitAtOnce(code);
    }

    private static Thread InBackground(ThreadStart work)
    {
        var thread = new Thread(work) { IsBackground = true };
        thread.Start();
        return thread;
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitAtOnce(int code);
}
