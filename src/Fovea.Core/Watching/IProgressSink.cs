namespace Fovea.Core.Watching;

/// <summary>Where long work says how far it is. Implementations are thread-safe and cheap to call.</summary>
public interface IProgressSink
{
    /// <summary>
    /// Says that <paramref name="done"/> of <paramref name="total"/> units of <paramref name="task"/> are done, with an optional short note such as the loss.
    /// </summary>
    void Report(string task, long done, long total, string? note = null);

    /// <summary>Says a line that must not be lost among others, such as a damaged checkpoint.</summary>
    void Tell(string task, long done, long total, string line) => Report(task, done, total, line);
}

/// <summary>Ignores all progress.</summary>
public sealed class SilentProgress : IProgressSink
{
    public void Report(string task, long done, long total, string? note = null)
    {
    }
}
