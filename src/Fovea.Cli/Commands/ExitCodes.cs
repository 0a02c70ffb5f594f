namespace Fovea.Cli.Commands;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>Something failed; one line on standard error says what.</summary>
    public const int Failed = 1;

    public const int WrongUse = 2;

    /// <summary>Ended by SIGTERM (128 + 15), in a resumable state.</summary>
    public const int Terminated = 143;
}
