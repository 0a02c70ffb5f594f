using System.Security.Cryptography;
using System.Text;
using Fovea.Core.Files;

namespace Fovea.Core.Provenance;

/// <summary>SHA-256 of files and texts, as lower-case hex.</summary>
public static class ContentHash
{
    /// <summary>Hash of a file's bytes; of inputs, see <see cref="InputHasher"/>.</summary>
    /// <exception cref="Errors.InvalidInputException">Not a regular file.</exception>
    public static string OfFile(string path)
    {
        using var stream = RegularFile.Open(path, long.MaxValue);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>Hash of bytes.</summary>
    public static string OfBytes(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Hash of a text's UTF-8 bytes.</summary>
    public static string OfText(string text) => OfBytes(Encoding.UTF8.GetBytes(text));
}
