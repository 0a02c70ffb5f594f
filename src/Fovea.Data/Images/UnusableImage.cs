namespace Fovea.Data.Images;

/// <summary>What is said of an image that is missing, refused or cannot be decoded.</summary>
public static class UnusableImage
{
    /// <summary>What every reason of an image begins with.</summary>
    internal const string Beginning = "image \"";

    /// <summary>The reason, by the image's name.</summary>
    public static string Reason(string name, string reason) => $"{Beginning}{name}\": {reason}";
}
