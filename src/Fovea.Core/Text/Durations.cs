namespace Fovea.Core.Text;

/// <summary>Lengths of time as people read them.</summary>
public static class Durations
{
    /// <summary>Seconds, minutes or hours, whichever is short.</summary>
    public static string InWords(double seconds) =>
        seconds < 90 ? $"{seconds:0} s" : seconds < 5400 ? $"{seconds / 60:0} min" : $"{seconds / 3600:0.0} h";
}
