using System.Runtime.InteropServices;
using System.Text;

namespace Fovea.Cli.Terminal;

/// <summary>Lines for a person, on standard error. One that cannot be written is lost: a full disk or a closed stream there must not end the work.</summary>
internal static partial class StandardError
{
    private const int Descriptor = 2;

    public static void Line(string line) => Write(line + Environment.NewLine);

    public static void Write(string text)
    {
        try
        {
            Console.Error.Write(text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TypeInitializationException or ObjectDisposedException)
        {
            WriteDirectly(text);
        }
    }

    // The console itself may be what cannot be loaded: its libraries take file descriptors, of which there may be none left.
    private static void WriteDirectly(string text)
    {
        try
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            _ = WriteTo(Descriptor, bytes, (nuint)bytes.Length);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // Nobody can be told.
        }
    }

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint WriteTo(int descriptor, byte[] bytes, nuint count);
}
