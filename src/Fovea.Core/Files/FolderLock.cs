using System.Globalization;
using System.Text;
using Fovea.Core.Errors;

namespace Fovea.Core.Files;

/// <summary>
/// Keeps other processes out of a folder while one works in it: an advisory lock (flock) on the file <see cref="FileName"/>, which ends with the process,
/// however that ends. The file names the process and stays behind.
/// </summary>
public sealed class FolderLock : IDisposable
{
    /// <summary>Its file in the folder.</summary>
    public const string FileName = ".lock";

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Makes the folder if it is not there, and keeps other processes out of it until the result is disposed.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="patience">How long to wait for a process that is about to end.</param>
    /// <exception cref="FoveaException">It cannot be written, or another process works in it (named where it is known).</exception>
    public static FolderLock Take(string folder, TimeSpan patience = default)
    {
        var path = Path.Combine(folder, FileName);
        for (var waited = TimeSpan.Zero; ; waited += Between)
        {
            try
            {
                DiskFiles.Instance.CreateFolder(folder);
                var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                if (File.Exists(path))
                {
                    return Sign(file);
                }

                file.Dispose(); // its folder was removed a moment ago, by the process that had it
            }
            catch (Exception e) when (e is UnauthorizedAccessException || (e is IOException && !File.Exists(path)))
            {
                throw new FoveaException(DiskError.InWords(e), e);
            }
            catch (IOException e) when (waited >= patience)
            {
                throw new FoveaException($"{folder}: another process{Owner(path)} is writing in this folder; wait for it to end, or choose another folder", e);
            }
            catch (IOException)
            {
                // It may be ending.
            }

            Thread.Sleep(Between);
        }
    }

    /// <summary>Lets others in.</summary>
    public void Dispose() => _file.Dispose();

    private static FolderLock Sign(FileStream file)
    {
        file.SetLength(0);
        file.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId} {Environment.MachineName}")));
        file.Flush();
        return new FolderLock(file);
    }

    private static string Owner(string path)
    {
        using var handle = FolderSync.OpenForReading(path);
        if (handle is null)
        {
            return "";
        }

        var bytes = new byte[256];
        var parts = Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(handle, bytes, 0)).Split(' ');
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? $" ({id}{(parts[1] == Environment.MachineName ? "" : $" on {parts[1]}")})"
            : "";
    }
}
