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
    /// <exception cref="FoveaException">It cannot be written (a full disk, one that is read-only), or another process works in it (named where
    /// it is known).</exception>
    public static FolderLock Take(string folder, TimeSpan patience = default)
    {
        var path = Path.Combine(folder, FileName);
        for (var waited = TimeSpan.Zero; ; waited += Between)
        {
            try
            {
                DiskFiles.Instance.CreateFolder(folder);
                var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
                if (File.Exists(path))
                {
                    return Sign(file);
                }

                file.Dispose(); // its folder was removed a moment ago, by the process that had it
            }
            catch (IOException e) when (IsHeld(e))
            {
                if (waited >= patience)
                {
                    throw new FoveaException($"{folder}: another process{Owner(path)} is writing in this folder; wait for it to end, or choose another folder",
                        e);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new FoveaException(DiskError.InWords(e), e);
            }

            Thread.Sleep(Between);
        }
    }

    /// <summary>Lets others in.</summary>
    public void Dispose() => _file.Dispose();

    // EWOULDBLOCK of flock, on Linux and on macOS, and Windows' sharing violation; every other error is the disk's.
    private static bool IsHeld(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);

    private static FolderLock Sign(FileStream file)
    {
        try
        {
            var name = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId} {Environment.MachineName}"));
            file.Write(name);
            file.SetLength(name.Length);
            return new FolderLock(file);
        }
        catch
        {
            file.Dispose(); // nobody holds it then
            throw;
        }
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
